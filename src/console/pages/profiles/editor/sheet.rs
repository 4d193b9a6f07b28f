//! The text in the editor, read: its tree, its problems, and the profile that it makes.

use std::sync::Arc;

use super::nodes::{self, Place};
use crate::authoring::problem::SourceText;
use crate::authoring::yaml::{self, Node, NodeKind};
use crate::authoring::{Problem, ProfileFile};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;
use crate::domain::Bilingual;
use crate::mapping::Profile;

/// A text of the editor.
pub(super) struct Sheet {
    /// The file's name.
    pub(super) file: String,
    /// The tree; `None` for a text that is no YAML.
    pub(super) root: Option<Node>,
    /// What the file builds on, the nearest first: the files' names and trees.
    below: Vec<(String, Node)>,
    /// The problems of the text.
    pub(super) problems: Vec<Problem>,
    /// The profile, if the text makes one.
    pub(super) profile: Option<Arc<Profile>>,
}

/// The entries of a block.
pub(super) struct Rows<'s> {
    /// Those of the file.
    pub(super) own: Vec<(&'s str, &'s Node)>,
    /// Those of the defaults or the base that the file does not replace.
    pub(super) below: Vec<(&'s str, &'s Node)>,
    /// The file of the latter; empty without one.
    pub(super) file: &'s str,
}

impl Sheet {
    /// Reads a text as this file.
    pub(super) async fn read(visit: &Visit<'_>, file: &str, text: &str) -> Result<Self, Trouble> {
        let checked = visit.parts().editor.checked(file, text).await?;
        let profiles = Arc::clone(&visit.parts().profiles);
        let file = ProfileFile {
            name: file.to_owned(),
            text: text.to_owned(),
        };
        let sheet = actix_web::web::block(move || {
            let below = profiles.below(&file).into_iter();
            let below = below.filter_map(|file| Some((file.name.clone(), tree(&file)?)));
            Self {
                root: tree(&file),
                below: below.collect(),
                file: file.name,
                problems: checked.problems,
                profile: checked.profile,
            }
        });
        sheet.await.map_err(|_| stopped())
    }

    /// Returns the entries of a block as the table of a form lists them; the error is what stands there
    /// instead of a block.
    pub(super) fn rows(&self, place: &Place) -> Result<Rows<'_>, &Node> {
        let node = self.find(place);
        if let Some(node) = node
            && !matches!(node.kind, NodeKind::Map(_) | NodeKind::Null)
        {
            return Err(node);
        }
        let own: Vec<(&str, &Node)> = node.into_iter().flat_map(nodes::entries).collect();
        let (file, inherited) = self.inherited(place).unzip();
        let below = inherited.into_iter().flat_map(nodes::entries);
        let below = below.filter(|(name, _)| !own.iter().any(|(own, _)| own == name));
        Ok(Rows {
            below: below.collect(),
            file: file.unwrap_or_default(),
            own,
        })
    }

    /// Finds what the defaults or the base say at a place: the file's name and the node.
    pub(super) fn inherited(&self, place: &Place) -> Option<(&str, &Node)> {
        let mut below = self.below.iter();
        below.find_map(|(file, root)| Some((file.as_str(), place.find(root)?)))
    }

    /// Finds the node at a place of the text.
    pub(super) fn find(&self, place: &Place) -> Option<&Node> {
        place.find(self.root.as_ref()?)
    }

    /// Returns what a key says, also by the base or the defaults.
    pub(super) fn effective(&self, place: &Place) -> Option<&str> {
        let own = self.find(place);
        let node = own.or_else(|| Some(self.inherited(place)?.1))?;
        nodes::scalar(node)
    }

    /// Returns the problem that keeps the text from being read.
    pub(super) fn lock(&self) -> Option<&Problem> {
        if self.root.is_some() {
            return None;
        }
        self.problems.iter().find(|problem| problem.is_error())
    }
}

/// Returns the tree of a file; an empty one for a file without keys.
fn tree(file: &ProfileFile) -> Option<Node> {
    let text = file.text.trim_start_matches('\u{feff}');
    yaml::read(&SourceText::new(&file.name, text)).ok()
}

/// The reply when the gateway stops while it reads.
pub(super) fn stopped() -> Trouble {
    let text = Bilingual::new(
        "The gateway is stopping. Try again in a moment; what you typed is still here.",
        "Шлюз останавливается. Повторите чуть позже; введённое осталось на странице.",
    );
    Trouble::Unavailable(text.into())
}
