//! The events of a call for the handlers of applications.

use super::Core;
use crate::simulator::applications::Sending;

impl Core {
    /// Takes the events of the call that has ended, caused by this employee.
    pub(in crate::simulator) fn take_events(&mut self, actor: u32) -> Vec<Sending> {
        let now = self.now().as_second();
        let base = &self.options.base_url;
        let requests = self.state.applications.take_requests(actor, (base, now));
        // tokens were given for them
        self.state.revision += u64::from(!requests.is_empty());
        requests
    }

    /// Queues the events of the call that has ended.
    pub(in crate::simulator) fn queue_events(&mut self, actor: u32) {
        let requests = self.take_events(actor);
        self.outbox.extend(requests);
    }
}
