//! What the model sends.

use bytes::{Bytes, BytesMut};
use wharf_codec::{AsciiEncoder, EntryKind, ListLine, TimeVal, encode_list_line};
use wharf_session::{Form, JobId, ListingForm, server::facts_of};
use wharf_types::{ListStyle, VirtualPath};

use super::{EPOCH, Job, Model, Node, grant};

impl Model {
    /// What goes on the wire for a job that sends.
    #[must_use]
    pub fn wire(&self, job: JobId, form: &Form) -> Option<Vec<u8>> {
        let mut out = BytesMut::new();
        match (self.jobs.get(&job)?, form) {
            (Job::Send(content), Form::Image) => return Some(content.to_vec()),
            (Job::Send(content), Form::Ascii { skip }) => {
                let mut encoder = AsciiEncoder::new();
                encoder.push(content, &mut out);
                encoder.finish(&mut out);
                let skip = usize::try_from(*skip).unwrap_or(usize::MAX).min(out.len());
                return Some(out.split_off(skip).to_vec());
            }
            (Job::List { path, style }, Form::Listing(form)) => {
                for line in self.listing(path, *style, form) {
                    out.extend_from_slice(&line);
                    out.extend_from_slice(b"\r\n");
                }
            }
            (Job::Send(_), Form::Listing(_))
            | (Job::List { .. }, Form::Image | Form::Ascii { .. })
            | (Job::Receive { .. } | Job::Within { .. } | Job::Filled { .. }, _) => return None,
        }
        Some(out.to_vec())
    }

    /// Lines of a listing for the control connection.
    #[must_use]
    pub fn lines(&self, job: JobId) -> Vec<Bytes> {
        match self.jobs.get(&job) {
            Some(Job::List { path, style }) => {
                let form = ListingForm { facts: wharf_codec::FactSelection::default(), prefix: Vec::new() };
                self.listing(path, *style, &form)
            }
            Some(Job::Send(_) | Job::Receive { .. } | Job::Within { .. } | Job::Filled { .. }) | None => {
                Vec::new()
            }
        }
    }

    fn listing(&self, path: &VirtualPath, style: ListStyle, form: &ListingForm) -> Vec<Bytes> {
        let alone = matches!(self.nodes.get(path), Some(Node::File { .. }));
        let paths: Vec<&VirtualPath> = if alone { vec![path] } else { self.children(path).collect() };
        let mut lines = Vec::new();
        for path in paths {
            let (Some(name), Ok(metadata)) = (path.file_name(), self.metadata(path)) else { continue };
            let hidden = name.starts_with(b".");
            let mut line = BytesMut::new();
            match style {
                ListStyle::Facts => {
                    let facts = facts_of(&metadata, path, &grant("alice"), &[0; 16]);
                    facts.encode(&form.facts, name, &mut line);
                }
                ListStyle::Long { all } if all || !hidden => {
                    let kind = if metadata.is_directory() { EntryKind::Directory } else { EntryKind::File };
                    let list_line = ListLine {
                        mode: metadata.mode,
                        kind,
                        links: metadata.links,
                        owner: &metadata.owner,
                        group: &metadata.group,
                        size: metadata.size,
                        modified: TimeVal::new(metadata.modified.secs, 0),
                        name,
                        target: None,
                    };
                    encode_list_line(&list_line, TimeVal::new(EPOCH, 0), &mut line);
                }
                ListStyle::Names { all } if all || !hidden => {
                    if !alone {
                        line.extend_from_slice(&form.prefix);
                    }
                    line.extend_from_slice(name);
                }
                ListStyle::Long { .. } | ListStyle::Names { .. } => continue,
            }
            lines.push(line.freeze());
        }
        lines
    }
}
