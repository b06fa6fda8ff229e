//! How the shared library is linked.

fn main() {
    // Threads may be inside `malloc`, and `fork` handlers and exit handlers point into the
    // library: it stays until the process ends, whatever `dlclose` says.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libheapwright.so");
    if std::env::var_os("CARGO_FEATURE_PROVE_NO_PANIC").is_some() {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
