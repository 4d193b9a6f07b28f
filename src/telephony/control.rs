//! A PBX as people and programs control it: who calls whom, and what is put on hold.

use std::sync::Arc;

use super::PbxClient;
use crate::domain::{Bilingual, UserId, bilingual};
use crate::pbx::directory::Directory;
use crate::pbx::{CommandFailure, CommandUser, DialNumber};

/// A PBX of the settings.
#[derive(Clone)]
pub struct PbxControl {
    /// Gives it commands; `None` if the settings have no address.
    pub client: Option<Arc<PbxClient>>,
    /// Who is who.
    pub directory: Arc<Directory>,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlFailure {
    /// The settings of the PBX have no address for commands.
    NoCommands,
    /// The PBX did not carry it out.
    Pbx(CommandFailure),
}

impl ControlFailure {
    /// Returns what is wrong and what to do.
    pub fn text(&self) -> Bilingual {
        match self {
            Self::NoCommands => bilingual!(
                "leadgate cannot give this PBX commands: set pbx.NAME.url and pbx.NAME.pbx_key",
                "команды этой АТС недоступны: задайте pbx.ИМЯ.url и pbx.ИМЯ.pbx_key"
            ),
            Self::Pbx(failure) => failure.text(),
        }
    }
}

impl PbxControl {
    /// Returns what gives the PBX commands.
    pub fn client(&self) -> Result<&PbxClient, ControlFailure> {
        self.client.as_deref().ok_or(ControlFailure::NoCommands)
    }

    /// Returns how commands name an employee.
    pub fn user(&self, employee: UserId) -> CommandUser {
        self.directory.command_user(employee)
    }

    /// Lets an employee call a number. Returns after the order, not after the conversation.
    pub async fn call(&self, employee: UserId, number: DialNumber) -> Result<(), ControlFailure> {
        let ordered = self.client()?.make_call(self.user(employee), number);
        ordered.await.map_err(ControlFailure::Pbx)
    }

    /// Puts a call on hold, or ends the hold. Events name the call by its leg.
    pub async fn hold(&self, employee: UserId, call: &str) -> Result<(), ControlFailure> {
        let user = self.user(employee);
        let switched = self.client()?.switch_hold(user, call.to_owned());
        switched.await.map_err(ControlFailure::Pbx)
    }
}
