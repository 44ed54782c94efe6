//! Builds again when a migration appears: the macro that embeds them only notices changes of those it knows.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
