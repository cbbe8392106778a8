//! The operations, called in process: the same world as the program has, without starting it.

#![expect(clippy::unwrap_used, reason = "functions of tests")]
#![expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]

mod semantics;
