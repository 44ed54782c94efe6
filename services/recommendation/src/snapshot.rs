//! Snapshots: a model and its lists as one file, which the trainer publishes and every replica loads.
//!
//! The trainer writes the file under a temporary name, syncs and renames it, and then renames the pointer file
//! `current` in place, so a reader sees either the new model or the one before. A file with a damaged byte, another
//! format version or a number that is not finite is refused. Readers map the file instead of copying it, except for the
//! table that folding in reads (see `format`). Mapping is sound, because a published file is never written again, only
//! unlinked. The last three versions are kept, so going back only rewrites the pointer.

mod format;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use self::format::FORMAT;
pub use self::format::{decode, encode};
use crate::{model::Model, ranking::RankingModels};
use bytes::Bytes;

/// Versions that stay in the folder.
const KEPT: usize = 3;
/// The file with the name of the current version.
const POINTER: &str = "current";
/// If this file exists, the trainer does not replace the current version on its own.
const PINNED: &str = "pinned";

/// Everything that a training publishes.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub model: Model,
    pub lists: RankingModels,
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("the snapshot cannot be read")]
    Io(#[from] std::io::Error),
    #[error("this is not a snapshot, or its header is damaged")]
    Header,
    #[error("the snapshot has format {0}, this program reads {FORMAT}")]
    Format(u32),
    #[error("the section `{0}` is missing, damaged or of the wrong size")]
    Section(String),
    #[error("the section `{0}` contains a number that is not finite")]
    NotFinite(String),
    #[error("the sections do not belong together")]
    Sizes,
}

/// Writes the snapshot into the folder, points `current` at it, and deletes all but the last three versions.
pub fn publish(folder: &Path, snapshot: &Snapshot) -> std::io::Result<PathBuf> {
    let version = &snapshot.model.info.version;
    fs::create_dir_all(folder)?;
    remove_unfinished(folder)?;
    let path = folder.join(file_name(version));
    let file = Bytes::from(encode(snapshot));
    // The pointer must never name a file that the replicas refuse.
    decode(&file).map_err(std::io::Error::other)?;
    write_atomically(&path, &file)?;
    point_to(folder, version)?;
    unpin(folder)?;
    let mut older = versions(folder)?;
    older.retain(|older| older != version);
    while older.len() >= KEPT {
        // A replica that uses this file has it mapped; one that is about to open it finds the newer pointer.
        fs::remove_file(folder.join(file_name(&older.remove(0))))?;
    }
    Ok(path)
}

/// Removes the temporary file of a trainer that was killed. Safe, because there is only one trainer.
fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("model-") && name.ends_with(".tmp") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Makes a version in the folder the current one, also an older one.
pub fn point_to(folder: &Path, version: &str) -> std::io::Result<()> {
    write_atomically(&folder.join(POINTER), version.as_bytes())
}

/// Keeps the current version until a training is requested.
pub fn pin(folder: &Path) -> std::io::Result<()> {
    write_atomically(&folder.join(PINNED), b"")
}

pub fn is_pinned(folder: &Path) -> bool {
    folder.join(PINNED).exists()
}

fn unpin(folder: &Path) -> std::io::Result<()> {
    match fs::remove_file(folder.join(PINNED)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The version that the pointer names; `None` before the first snapshot.
pub fn current(folder: &Path) -> Option<String> {
    let version = fs::read_to_string(folder.join(POINTER)).ok()?;
    let version = version.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

/// Maps a version and checks every byte of it.
pub fn load(folder: &Path, version: &str) -> Result<Snapshot, Damaged> {
    let file = fs::File::open(folder.join(file_name(version)))?;
    decode(&Bytes::from_owner(map(&file)?))
}

#[allow(unsafe_code, reason = "mapping a file has no safe form")]
fn map(file: &fs::File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: `write_atomically` creates these files under a temporary name; after the rename nothing changes or
    // shortens them.
    unsafe { memmap2::Mmap::map(file) }
}

/// The versions in the folder, oldest first. Version names are times, so they sort by age.
pub fn versions(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut out: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_prefix("model-")?.strip_suffix(".vb").map(str::to_owned))
        .collect();
    out.sort();
    Ok(out)
}

fn file_name(version: &str) -> String {
    // The pointer could contain any text; it must not name a file outside of the folder.
    let safe: String = version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    format!("model-{safe}.vb")
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    // A rename is durable only after the folder is synced.
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        model::{
            Info,
            features::Facts,
            train::{self, train},
        },
        ranking::{Options, als::tests::two_groups, interactions::Interactions},
    };

    pub(super) fn snapshot() -> Snapshot {
        let data = two_groups(60, 20);
        let facts: Vec<Facts> = (0..20)
            .map(|movie| Facts {
                year: 1990 + movie,
                genres: vec![if movie % 2 == 0 { "Drama" } else { "Comedy" }.to_owned()],
                ..Facts::default()
            })
            .collect();
        let options = train::Options {
            factors: 3,
            iterations: Some(5),
            seed: 1,
        };
        let trained = train(&data, &facts, options, None, &mut |_, _| ());
        let info = Info {
            version: "1001".into(),
            ..Info::default()
        };
        let model = Model::new(&trained, data.movies.clone(), info);
        let interactions = Interactions::new(&data, Vec::new());
        let mut options = Options::default();
        options.als.factors = 6;
        let lists = RankingModels::train(
            &interactions,
            &facts,
            model.vocabulary(),
            options,
            |_| None,
            &mut |_, _| (),
        );
        Snapshot { model, lists }
    }

    #[test]
    fn publishing_keeps_three_versions_and_the_pointer_can_go_back() {
        let folder = std::env::temp_dir().join(format!("matcha-snapshots-{}", Uuid::now_v7()));
        let mut snapshot = snapshot();
        assert_eq!(current(&folder), None);
        for version in ["1001", "1002", "1003", "1004", "1005"] {
            snapshot.model.info.version = version.into();
            publish(&folder, &snapshot).unwrap();
            assert_eq!(current(&folder).as_deref(), Some(version));
        }
        assert_eq!(versions(&folder).unwrap(), ["1003", "1004", "1005"]);
        pin(&folder).unwrap();
        point_to(&folder, "1003").unwrap();
        assert!(is_pinned(&folder), "until the next version is published");
        let back = load(&folder, &current(&folder).unwrap()).unwrap();
        assert_eq!(back.model.info.version, "1003");
        // The mapping outlives the deleted file.
        fs::remove_dir_all(&folder).unwrap();
        assert!(back.model.z.iter().all(|value| value.is_finite()));
        assert!(load(&folder, "../../etc/passwd").is_err());
    }
}
