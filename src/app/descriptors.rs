//! Makes sure at the start that there are enough file descriptors. Every connection takes one, and
//! a gateway that runs out of them can neither accept connections nor open its files.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::domain::{BilingualError, bilingual};
use crate::serving;

/// Descriptors besides those of senders: database, cache, profiles, event queues of threads.
const OWN: u64 = 96;

/// Descriptors of a server thread: its event queue and waker, and connections that it is about to
/// refuse.
const PER_WORKER: u64 = 6 + serving::REFUSAL_SLOTS as u64;

/// The gateway does not start with fewer connections than this.
const FEWEST: u64 = 32;

/// The number of things that are open at the same time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// The maximum of senders' connections.
    pub(super) connections: usize,
    /// Server threads; 0 means one per core.
    pub(super) workers: usize,
    /// The maximum of simultaneous calls to portals.
    pub(super) calls: usize,
}

impl Needs {
    fn own(self) -> u64 {
        let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let workers = if self.workers == 0 {
            cores()
        } else {
            self.workers
        };
        // both ends of a call to the embedded sandbox are in this process
        OWN + PER_WORKER * as_u64(workers) + 2 * as_u64(self.calls)
    }
}

/// Raises the limit of this process as far as needed and allowed. Returns how many of the wanted
/// connections fit; too few is an error.
pub(super) fn make_room(needs: Needs) -> anyhow::Result<usize> {
    let wanted = needs.own() + as_u64(needs.connections);
    let before = getrlimit(Resource::Nofile);
    let mut limit = before.current.unwrap_or(u64::MAX);
    if limit < wanted {
        let raised = before.maximum.unwrap_or(u64::MAX);
        let asked = Rlimit {
            current: before.maximum,
            maximum: before.maximum,
        };
        if setrlimit(Resource::Nofile, asked).is_ok() {
            limit = raised;
        }
    }
    let room = fits(needs, limit)?;
    if room < needs.connections {
        tracing::warn!(
            limit,
            wanted,
            "only {limit} files may be open: connections are limited to {room} instead of {}; for more, raise the \
             limit to {wanted} (ulimit -n, LimitNOFILE of systemd, ulimits of Docker)",
            needs.connections
        );
    }
    Ok(room)
}

fn fits(needs: Needs, limit: u64) -> anyhow::Result<usize> {
    let own = needs.own();
    let room = limit.saturating_sub(own);
    if room < FEWEST {
        let (least, better) = (own + FEWEST, own + as_u64(needs.connections));
        let text = bilingual!(
            "too few files may be open: the limit is {limit}, and leadgate needs at least {least}, better {better}; \
             raise the limit (ulimit -n, LimitNOFILE of systemd, ulimits of Docker)",
            "слишком мало открытых файлов: разрешено {limit}, а leadgate нужно хотя бы {least}, лучше {better}; \
             увеличьте предел (ulimit -n, LimitNOFILE в systemd, ulimits в Docker)"
        );
        return Err(BilingualError::new(text).into());
    }
    Ok(usize::try_from(room)
        .unwrap_or(usize::MAX)
        .min(needs.connections))
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        connections: 1000,
        workers: 2,
        calls: 4,
    };

    #[test]
    fn connections_fit_the_descriptor_limit_and_never_exceed_the_setting() {
        let own = NEEDS.own();
        assert_eq!(fits(NEEDS, u64::MAX).unwrap(), 1000);
        assert_eq!(fits(NEEDS, own + 1000).unwrap(), 1000);
        assert_eq!(fits(NEEDS, own + 999).unwrap(), 999);
        assert_eq!(fits(NEEDS, own + FEWEST).unwrap(), 32);
    }

    #[test]
    fn a_limit_that_is_too_low_is_an_error_with_both_numbers() {
        let own = NEEDS.own();
        let error = fits(NEEDS, own + FEWEST - 1).unwrap_err().to_string();
        assert!(
            error.contains(&format!("the limit is {}", own + 31)),
            "{error}"
        );
        assert!(
            error.contains(&format!("at least {}, better {}", own + 32, own + 1000)),
            "{error}"
        );
        assert!(fits(NEEDS, 0).is_err());
    }
}
