#![doc = include_str!("../README.md")]

mod durability;
pub mod fault;
mod local;
mod memory;
mod reserved;
mod storage;
mod waits;

pub use durability::{Durability, ParseDurabilityError};
pub use local::{LocalDisk, LocalOptions};
pub use memory::MemoryDisk;
pub use storage::{
    Committed, Entry, EntryStream, OpenedSink, OpenedSource, Sink, Source, Storage, StorageProvider,
};
pub use waits::Waits;
