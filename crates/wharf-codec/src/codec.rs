//! The framers as codecs of `tokio-util`.

/// Why a codec failed.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {}
/// Commands.
#[derive(Debug)]
pub struct CommandCodec;
/// Replies.
#[derive(Debug)]
pub struct ReplyCodec;
