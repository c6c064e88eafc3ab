//! The data connections of a session: how they are told what to do, and what they tell.

use std::{
    collections::HashMap,
    task::{Context, Poll},
};

use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::{JoinError, JoinSet},
};
use wharf_session::{DataEvent, DataId};

use crate::data::{News, ToData};

/// All data connections of a session. There is one only while there are some: what they need is larger than an idle
/// session.
pub(super) struct Connections {
    /// The commands of each.
    pub(super) commands: HashMap<DataId, UnboundedSender<ToData>>,
    pub(super) tasks: JoinSet<()>,
    pub(super) tell: UnboundedSender<News>,
    events: UnboundedReceiver<News>,
}

/// What comes from the data connections.
pub(super) enum Heard {
    Event(DataId, DataEvent),
    /// The task of one is over.
    Ended(Result<(), JoinError>),
}

impl Connections {
    pub(super) fn new() -> Box<Self> {
        let (tell, events) = mpsc::unbounded_channel();
        Box::new(Self { commands: HashMap::new(), tasks: JoinSet::new(), tell, events })
    }

    /// What one of them has told already.
    pub(super) fn told(&mut self) -> Option<(DataId, DataEvent)> {
        self.events.try_recv().ok().map(|(id, event)| (id, *event))
    }
}

/// What comes next; nothing ever where there are none.
pub(super) fn poll_heard(connections: &mut Option<Box<Connections>>, cx: &mut Context<'_>) -> Poll<Heard> {
    let Some(connections) = connections else { return Poll::Pending };
    if let Poll::Ready(Some((id, event))) = connections.events.poll_recv(cx) {
        return Poll::Ready(Heard::Event(id, *event));
    }
    match connections.tasks.poll_join_next(cx) {
        Poll::Ready(Some(ended)) => Poll::Ready(Heard::Ended(ended)),
        // The end of the last one was told.
        Poll::Ready(None) | Poll::Pending => Poll::Pending,
    }
}
