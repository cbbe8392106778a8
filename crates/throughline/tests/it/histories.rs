//! What git did and what memory makes of it: scripted histories against the real git, each in
//! shared and in local mode.

mod branches;
mod carried;
mod evidence;
mod lost;
mod meetings;
mod peers;
mod places;
mod rewritten;
mod script;
