//! The exchanges of PBXs: what their requests mean, and what they are answered. Each dialect has a
//! folder. Nothing here has a clock, a network or a disk.

pub mod usercrm;
