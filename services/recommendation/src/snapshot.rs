//! A model as one file: how the trainer hands it to the replicas, and how it survives a restart.
//!
//! A file is written under another name, synced and renamed, and only then does the pointer file
//! `current` name it: a reader sees a whole model or the one before. A file that is damaged in any byte, that has another
//! format, or that contains a number that is not finite is refused. It is read by mapping it, so the large tables are not
//! copied (but for the one that folding in reads, see format.rs); that is sound because a file with this name is never written again, only unlinked. The last three are kept, so
//! going back is writing the pointer.

mod format;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use self::format::FORMAT;
pub use self::format::{decode, encode};
use crate::{lists::Lists, model::Model};
use bytes::Bytes;

const KEPT: usize = 3;
const POINTER: &str = "current";
const PINNED: &str = "pinned";

/// Everything that a training hands over.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub model: Model,
    pub lists: Lists,
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("the snapshot cannot be read")]
    Io(#[from] std::io::Error),
    #[error("this is not a snapshot, or its beginning is damaged")]
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

/// Writes the snapshot into the folder and points `current` at it; older ones beyond the last three go.
pub fn publish(folder: &Path, snapshot: &Snapshot) -> std::io::Result<PathBuf> {
    let version = &snapshot.model.info.version;
    fs::create_dir_all(folder)?;
    remove_unfinished(folder)?;
    let path = folder.join(file_name(version));
    let file = Bytes::from(encode(snapshot));
    // What no replica could read must not be what the pointer names.
    decode(&file).map_err(std::io::Error::other)?;
    write_whole(&path, &file)?;
    point_to(folder, version)?;
    unpin(folder)?;
    let mut older = versions(folder)?;
    older.retain(|older| older != version);
    while older.len() >= KEPT {
        // A replica that still reads it has it mapped, or finds the pointer changed and takes the newer one.
        fs::remove_file(folder.join(file_name(&older.remove(0))))?;
    }
    Ok(path)
}

/// A trainer that was killed while writing left its temporary file; there is only one trainer.
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

/// Makes a version that is in the folder the current one: also the way back to an older one.
pub fn point_to(folder: &Path, version: &str) -> std::io::Result<()> {
    write_whole(&folder.join(POINTER), version.as_bytes())
}

/// Says that the current version shall stay until a training is asked for.
pub fn pin(folder: &Path) -> std::io::Result<()> {
    write_whole(&folder.join(PINNED), b"")
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

/// The version the pointer names; `None` where there is none yet.
pub fn current(folder: &Path) -> Option<String> {
    let version = fs::read_to_string(folder.join(POINTER)).ok()?;
    let version = version.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

/// Maps and checks a version.
pub fn load(folder: &Path, version: &str) -> Result<Snapshot, Damaged> {
    let file = fs::File::open(folder.join(file_name(version)))?;
    decode(&Bytes::from_owner(map(&file)?))
}

#[allow(unsafe_code, reason = "mapping a file has no safe form")]
fn map(file: &fs::File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: `write_whole` makes these files under another name and renames them; nobody changes or shortens one after.
    unsafe { memmap2::Mmap::map(file) }
}

/// The versions in the folder, oldest first: a version's name begins with its time.
pub fn versions(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut out: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_prefix("model-")?.strip_suffix(".vb").map(str::to_owned))
        .collect();
    out.sort();
    Ok(out)
}

fn file_name(version: &str) -> String {
    // A version is a file name; anything else in the pointer must not lead out of the folder.
    let safe: String = version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    format!("model-{safe}.vb")
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    // The rename itself is durable once the folder is.
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
        lists::{Options, als::tests::two_circles, interactions::Interactions},
        model::{
            Info,
            features::Facts,
            train::{self, train},
        },
    };

    pub(super) fn snapshot() -> Snapshot {
        let data = two_circles(60, 20);
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
        let acts = Interactions::new(&data, Vec::new());
        let mut options = Options::default();
        options.als.factors = 6;
        let lists = Lists::train(&acts, &facts, model.vocabulary(), options, |_| None, &mut |_, _| ());
        Snapshot { model, lists }
    }

    #[test]
    fn publishing_keeps_the_last_three_and_the_pointer_leads_back() {
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
        assert!(is_pinned(&folder), "until the next one is published");
        let back = load(&folder, &current(&folder).unwrap()).unwrap();
        assert_eq!(back.model.info.version, "1003");
        // The file is gone, its pages are not.
        fs::remove_dir_all(&folder).unwrap();
        assert!(back.model.z.iter().all(|value| value.is_finite()));
        assert!(load(&folder, "../../etc/passwd").is_err());
    }
}
