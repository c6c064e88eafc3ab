//! The data connections of a session: how they are told what to do, and what they tell.

use std::{collections::HashMap, future::pending};

use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::{JoinError, JoinSet},
};
use wharf_session::{DataEvent, DataId};

use crate::data::ToData;

/// All data connections of a session. There is one only while there are some: what they need is larger than an idle
/// session.
pub(super) struct Connections {
    /// The commands of each.
    pub(super) commands: HashMap<DataId, UnboundedSender<ToData>>,
    pub(super) tasks: JoinSet<()>,
    pub(super) tell: UnboundedSender<(DataId, DataEvent)>,
    events: UnboundedReceiver<(DataId, DataEvent)>,
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
        self.events.try_recv().ok()
    }
}

/// What comes next, for ever nothing where there are none. Cancel safe: an event that was not taken stays in the channel,
/// and a task that was not joined in the set.
pub(super) async fn heard(connections: &mut Option<Box<Connections>>) -> Heard {
    let Some(connections) = connections else { return pending().await };
    tokio::select! {
        biased;
        Some((id, event)) = connections.events.recv() => Heard::Event(id, event),
        Some(ended) = connections.tasks.join_next() => Heard::Ended(ended),
        // They end together with the last task, which is told.
        else => pending().await,
    }
}
