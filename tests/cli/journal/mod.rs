//! The journal's commands as people start them: finding, replaying and erasing, with a gateway and
//! without.

mod home;

mod finding;
mod removing;
mod replaying;
