//! The `thru` command; everything is in the library, where tests can reach it.

fn main() -> std::process::ExitCode {
    throughline::main()
}
