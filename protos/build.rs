//! Compiles every proto below `matcha/`, and keeps the descriptors for gRPC reflection and for reading RPC options.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let areas = ["user", "movie", "rating", "recommendation", "events"];
    let mut protos: Vec<String> = areas
        .iter()
        .map(|area| format!("matcha/{area}/v1/{area}.proto"))
        .collect();
    let more =
        ["comments", "community", "imports", "lists", "watches"].map(|name| format!("matcha/rating/v1/{name}.proto"));
    protos.extend(more);
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo names the folder to a build script in this way only"
    )]
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=matcha");
    tonic_prost_build::configure()
        .file_descriptor_set_path(out.join("matcha.bin"))
        .compile_protos(&protos, &[".".to_owned()])?;
    Ok(())
}
