//! Every function of the table in time.

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for function in wharf_micro::functions() {
        criterion.bench_function(function.name, |bencher| {
            let mut call = (function.prepare)();
            bencher.iter(&mut call);
        });
    }
    criterion.final_summary();
}
