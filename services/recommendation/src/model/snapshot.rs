//! A model as one file: how the trainer hands it to the replicas, and how it survives a restart.
//!
//!     magic (8) · format version (u32) · header length (u32) · header (JSON) · sha-256 of all before (32)
//!     sections, each beginning at a multiple of 64 bytes; the header has name, place, length and sha-256 of each
//!
//! Numbers are little-endian. A file is written under another name, synced and renamed, and only then does the pointer file
//! `current` name it: a reader sees a whole model or the one before. A file that is damaged in any byte, that has another
//! format, or that contains a number that is not finite is refused. The last three are kept, so going back is writing the
//! pointer.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Info, Model, Prior, features::Vocabulary, linear::packed_len, neighbours::Neighbours};

const MAGIC: &[u8; 8] = b"MATCHAVB";
/// Grows with every change of the layout; a reader refuses what it does not know.
const FORMAT: u32 = 1;
const ALIGNMENT: usize = 64;
const KEPT: usize = 3;
const POINTER: &str = "current";

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
}

#[derive(Serialize, Deserialize)]
struct Header {
    info: Info,
    d: usize,
    sections: Vec<Section>,
}

#[derive(Serialize, Deserialize)]
struct Section {
    name: String,
    /// From the beginning of the first section.
    offset: usize,
    bytes: usize,
    sha256: String,
}

/// The whole file in memory, section after section.
pub fn encode(model: &Model) -> Vec<u8> {
    let ids = model.ids.iter().flat_map(|id| *id.as_bytes()).collect();
    let scalars = [model.mean, model.alpha, model.thresholds[0], model.thresholds[1]];
    let sections: Vec<(&str, Vec<u8>)> = vec![
        ("scalars", doubles(&scalars)),
        ("movie.ids", ids),
        ("movie.factors", floats(&model.z)),
        ("movie.covariances", floats(&model.c)),
        ("movie.implicit", floats(&model.implicit)),
        ("movie.prior.mean", floats(&model.movie_mean)),
        ("movie.prior.covariance", floats(&model.movie_covariance)),
        ("member.prior.mean", doubles(&model.member_prior.mean)),
        ("member.prior.precision", doubles(&model.member_prior.precision)),
        ("member.taste", doubles(&model.taste)),
        ("neighbours.starts", numbers(&model.neighbours.starts)),
        ("neighbours.movies", numbers(&model.neighbours.numbers)),
        ("neighbours.weights", floats(&model.neighbours.weights)),
        ("features.names", model.features.names.join("\n").into_bytes()),
        ("features.weights", floats(&model.feature_weights)),
    ];
    let mut header = Header {
        info: model.info.clone(),
        d: model.d,
        sections: Vec::new(),
    };
    let mut offset = 0;
    for (name, bytes) in &sections {
        header.sections.push(Section {
            name: (*name).to_owned(),
            offset,
            bytes: bytes.len(),
            sha256: hex(&Sha256::digest(bytes)),
        });
        offset = (offset + bytes.len()).next_multiple_of(ALIGNMENT);
    }
    let header = serde_json::to_vec(&header).expect("a header has only plain fields");
    let mut file = Vec::with_capacity(offset + header.len() + 256);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&FORMAT.to_le_bytes());
    file.extend_from_slice(&(header.len() as u32).to_le_bytes());
    file.extend_from_slice(&header);
    let checksum = Sha256::digest(&file);
    file.extend_from_slice(&checksum);
    for (_, bytes) in &sections {
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        file.extend_from_slice(bytes);
    }
    file
}

/// Reads and checks every byte of a file that `encode` made.
pub fn decode(file: &[u8]) -> Result<Model, Damaged> {
    if file.get(..8) != Some(MAGIC.as_slice()) {
        return Err(Damaged::Header);
    }
    let number = |at: usize| {
        file.get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_le_bytes)
            .ok_or(Damaged::Header)
    };
    let format = number(8)?;
    if format != FORMAT {
        return Err(Damaged::Format(format));
    }
    let end = 16 + number(12)? as usize;
    let checksum = Sha256::digest(file.get(..end).ok_or(Damaged::Header)?);
    if file.get(end..end + 32) != Some(&checksum[..]) {
        return Err(Damaged::Header);
    }
    let header: Header = serde_json::from_slice(&file[16..end]).map_err(|_| Damaged::Header)?;
    let body = &file[(end + 32).next_multiple_of(ALIGNMENT).min(file.len())..];
    let sections = Sections {
        table: &header.sections,
        body,
    };

    let d = header.d;
    if !(2..=257).contains(&d) {
        return Err(Damaged::Header);
    }
    let len = packed_len(d);
    let ids = sections.get("movie.ids", None)?;
    if ids.len() % 16 != 0 {
        return Err(Damaged::Section("movie.ids".into()));
    }
    let ids: Vec<Uuid> = ids
        .chunks_exact(16)
        .filter_map(|bytes| Uuid::from_slice(bytes).ok())
        .collect();
    let names = sections.get("features.names", None)?;
    let names = std::str::from_utf8(names).map_err(|_| Damaged::Section("features.names".into()))?;
    let names: Vec<String> = if names.is_empty() {
        Vec::new()
    } else {
        names.split('\n').map(str::to_owned).collect()
    };
    let scalars = sections.doubles("scalars", 4)?;
    let taste = sections.doubles("member.taste", packed_len(d - 1))?;
    let movies = ids.len();
    let neighbours = Neighbours {
        starts: sections.numbers("neighbours.starts")?,
        numbers: sections.numbers("neighbours.movies")?,
        weights: sections.floats(
            "neighbours.weights",
            sections.get("neighbours.weights", None)?.len() / 4,
        )?,
    };
    if !neighbours.fits(movies) && neighbours != Neighbours::default() {
        return Err(Damaged::Section("neighbours".into()));
    }
    if ids.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Damaged::Section("movie.ids".into()));
    }
    Ok(Model {
        info: header.info,
        d,
        mean: scalars[0],
        alpha: scalars[1],
        thresholds: [scalars[2], scalars[3]],
        member_prior: Prior {
            mean: sections.doubles("member.prior.mean", d)?,
            precision: sections.doubles("member.prior.precision", len)?,
        },
        movie_mean: sections.floats("movie.prior.mean", d)?,
        movie_covariance: sections.floats("movie.prior.covariance", len)?,
        z: sections.floats("movie.factors", movies * d)?,
        c: sections.floats("movie.covariances", movies * len)?,
        implicit: sections.floats("movie.implicit", movies * d)?,
        feature_weights: sections.floats("features.weights", names.len() * d)?,
        taste_root: super::root_of(&taste),
        taste,
        features: Vocabulary::from_names(names),
        neighbours,
        ids,
    })
}

struct Sections<'a> {
    table: &'a [Section],
    body: &'a [u8],
}

impl<'a> Sections<'a> {
    fn get(&self, name: &str, bytes: Option<usize>) -> Result<&'a [u8], Damaged> {
        let damaged = || Damaged::Section(name.to_owned());
        let section = self
            .table
            .iter()
            .find(|section| section.name == name)
            .ok_or_else(damaged)?;
        let end = section.offset.checked_add(section.bytes).ok_or_else(damaged)?;
        let found = self.body.get(section.offset..end).ok_or_else(damaged)?;
        let whole = bytes.is_none_or(|bytes| bytes == found.len()) && hex(&Sha256::digest(found)) == section.sha256;
        if whole { Ok(found) } else { Err(damaged()) }
    }

    fn numbers(&self, name: &str) -> Result<Vec<u32>, Damaged> {
        let bytes = self.get(name, None)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect())
    }

    fn floats(&self, name: &str, count: usize) -> Result<Vec<f32>, Damaged> {
        let bytes = self.get(name, Some(count * 4))?;
        let out: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if out.iter().all(|value| value.is_finite()) {
            Ok(out)
        } else {
            Err(Damaged::NotFinite(name.to_owned()))
        }
    }

    fn doubles(&self, name: &str, count: usize) -> Result<Vec<f64>, Damaged> {
        let bytes = self.get(name, Some(count * 8))?;
        let out: Vec<f64> = bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
            .collect();
        if out.iter().all(|value| value.is_finite()) {
            Ok(out)
        } else {
            Err(Damaged::NotFinite(name.to_owned()))
        }
    }
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the model into the folder and points `current` at it; older ones beyond the last three go.
pub fn publish(folder: &Path, model: &Model) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    remove_unfinished(folder)?;
    let path = folder.join(file_name(&model.info.version));
    write_whole(&path, &encode(model))?;
    point_to(folder, &model.info.version)?;
    let mut older = versions(folder)?;
    older.retain(|version| *version != model.info.version);
    while older.len() >= KEPT {
        // A replica that still reads it has it in memory, or finds the pointer changed and takes the newer one.
        fs::remove_file(folder.join(file_name(&older.remove(0))))?;
    }
    Ok(path)
}

/// A trainer that was killed while writing left its temporary file; there is only one trainer.
fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Makes a version that is in the folder the current one: also the way back to an older one.
pub fn point_to(folder: &Path, version: &str) -> std::io::Result<()> {
    write_whole(&folder.join(POINTER), version.as_bytes())
}

/// The version the pointer names; `None` where there is none yet.
pub fn current(folder: &Path) -> Option<String> {
    let version = fs::read_to_string(folder.join(POINTER)).ok()?;
    let version = version.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

/// Reads and checks a version.
pub fn load(folder: &Path, version: &str) -> Result<Model, Damaged> {
    decode(&fs::read(folder.join(file_name(version)))?)
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
