//! amoCRM as a server that leadgate asks: reads what a hook does not tell, and watches the hooks of
//! an account. `token` keeps what proves to amoCRM who asks. `intake/amocrm` receives the hooks; nothing here delays them.
//!
//! ```text
//! pipeline ──► ReadOrders ──► AmoReader ──► AmoClient ──► API v4
//!     ▲                          │
//!     └── released, with what was read in the details of the submission
//! ```

mod address;
mod client;
mod facts;
mod health;
mod hooks;
mod orders;
mod reader;
mod records;
mod token;
mod token_watch;
mod watch;

pub use client::{AmoAccess, AmoClient};
pub use facts::{AccountFacts, Named, Pipelines};
pub use health::{AmoHealth, AmoTrouble};
pub use hooks::{AmoHook, OwnHook};
pub use orders::{ReadOrder, ReadOrders};
pub use reader::{AmoReader, Patience, ReaderParts};
pub use records::WantedRecords;
pub use token::{AmoAuthorization, Integration, PairAuthorization, TokenFile};
pub use token_watch::TokenWatch;
pub use watch::{HookWatch, WatchRules};
