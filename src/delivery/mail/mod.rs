//! Mail: letters, and the client that hands them to the mail server of the settings over SMTP.
//!
//! A letter goes to all of its recipients or to none: as soon as the server refuses one address,
//! nothing is sent. Its `Message-ID` depends on what it is about and not on the attempt, so that
//! mail servers recognise a letter that is sent again.

mod compose;
mod content;
mod destination;
mod error;
mod letter;
mod mailer;
mod shown;

pub use compose::letter_id;
pub use destination::MailDestination;
pub use error::{MailError, ServerReply};
pub use letter::{Attachment, Letter};
pub use mailer::{MailServer, MailTls, Mailer};
pub use shown::ShownLetter;
