//! The file format of a snapshot:
//!
//!     magic (8) · format version (u32) · header length (u32) · header (JSON) · sha-256 of everything before it (32)
//!     sections, each aligned to 64 bytes; the header has the name, offset, length and sha-256 of each
//!
//! Numbers are little-endian. `movie.folding` has a row for each movie, aligned to cache lines (see `Model::folding`).

use std::borrow::Cow;

use bytemuck::Pod;
use bytes::Bytes;
use half::f16;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Damaged, Snapshot};
use crate::{
    mapped_slice::MappedSlice,
    model::{Info, Model, Prior, features::Vocabulary, linear::packed_len},
    ranking::{RankingModels, als::Als, content::Content, ease::Ease},
};

const MAGIC: &[u8; 8] = b"MATCHAVB";
/// Grows with every change of the format; a reader refuses any other version.
pub(super) const FORMAT: u32 = 4;
const ALIGNMENT: usize = 64;

#[derive(Serialize, Deserialize)]
struct Header {
    info: Info,
    d: usize,
    list_factors: usize,
    sections: Vec<Section>,
}

#[derive(Serialize, Deserialize)]
struct Section {
    name: String,
    /// Bytes from the beginning of the first section.
    offset: usize,
    bytes: usize,
    sha256: String,
}

/// Encodes a snapshot as the bytes of a file.
pub fn encode(Snapshot { model, lists }: &Snapshot) -> Vec<u8> {
    let ids: Vec<u8> = model.ids.iter().flat_map(|id| *id.as_bytes()).collect();
    let scalars = [model.mean, model.alpha, model.thresholds[0], model.thresholds[1]];
    let names = serde_json::to_vec(&model.features.names).expect("names are plain strings");
    let als = lists.als.settings();
    let sections: Vec<(&str, Cow<'_, [u8]>)> = vec![
        ("scalars", bytes_of(&scalars)),
        ("movie.ids", Cow::Owned(ids)),
        ("movie.factors", bytes_of(&model.z)),
        ("movie.folding", bytes_of(&model.folding)),
        ("movie.prior.mean", bytes_of(&model.movie_mean)),
        ("movie.prior.covariance", bytes_of(&model.movie_covariance)),
        ("member.prior.mean", bytes_of(&model.member_prior.mean)),
        ("member.prior.precision", bytes_of(&model.member_prior.precision)),
        ("features.names", Cow::Borrowed(names.as_slice())),
        ("features.weights", bytes_of(&model.feature_weights)),
        ("als.settings", bytes_of(&als)),
        ("als.movies", bytes_of(&lists.als.movies)),
        ("ease.starts", bytes_of(&lists.ease.starts)),
        ("ease.movies", bytes_of(&lists.ease.numbers)),
        ("ease.weights", bytes_of(&lists.ease.weights)),
        ("content.mean", bytes_of(&lists.content.mean)),
        ("content.weights", bytes_of(&lists.content.weights)),
    ];
    let mut header = Header {
        info: model.info.clone(),
        d: model.d,
        list_factors: lists.als.factors,
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

fn bytes_of<T: bytemuck::Pod>(numbers: &[T]) -> Cow<'_, [u8]> {
    Cow::Borrowed(bytemuck::cast_slice(numbers))
}

/// Decodes a file and checks every byte of it. The large tables stay in the given bytes.
pub fn decode(file: &Bytes) -> Result<Snapshot, Damaged> {
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
    let d = header.d;
    if !(2..=257).contains(&d) || header.list_factors > 1024 {
        return Err(Damaged::Header);
    }
    let sections = Sections {
        table: &header.sections,
        body: file.slice((end + 32).next_multiple_of(ALIGNMENT).min(file.len())..),
    };

    let ids = sections.get("movie.ids")?;
    if ids.len() % 16 != 0 {
        return Err(Damaged::Section("movie.ids".into()));
    }
    let ids: Vec<Uuid> = ids
        .chunks_exact(16)
        .filter_map(|bytes| Uuid::from_slice(bytes).ok())
        .collect();
    if ids.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Damaged::Section("movie.ids".into()));
    }
    let names = sections.get("features.names")?;
    let names: Vec<String> = serde_json::from_slice(&names).map_err(|_| Damaged::Section("features.names".into()))?;
    let feature_count = names.len();
    let scalars = sections.doubles("scalars", 4)?;
    let movies = ids.len();
    let model = Model {
        info: header.info,
        d,
        mean: scalars[0],
        alpha: scalars[1],
        thresholds: [scalars[2], scalars[3]],
        member_prior: Prior {
            mean: sections.doubles("member.prior.mean", d)?,
            precision: sections.doubles("member.prior.precision", packed_len(d))?,
        },
        movie_mean: sections.floats("movie.prior.mean")?.to_vec(),
        movie_covariance: sections.halves("movie.prior.covariance")?.to_vec(),
        z: sections.floats("movie.factors")?,
        folding: sections.halves("movie.folding")?.in_large_pages(),
        feature_weights: sections.floats("features.weights")?,
        features: Vocabulary::from_names(names),
        ids,
    };
    let als = sections.floats("als.settings")?;
    let als_movies = sections.floats("als.movies")?;
    let [unobserved, ridge] = als[..] else {
        return Err(Damaged::Section("als.settings".into()));
    };
    if als_movies.len() != movies * header.list_factors {
        return Err(Damaged::Sizes);
    }
    let lists = RankingModels {
        als: Als::of(header.list_factors, als_movies, unobserved, ridge),
        ease: Ease {
            starts: sections.numbers("ease.starts")?,
            numbers: sections.numbers("ease.movies")?,
            weights: sections.floats("ease.weights")?,
        },
        content: Content {
            mean: sections.floats("content.mean")?,
            weights: sections.floats("content.weights")?,
        },
    };
    if !model.fits() || !lists.fits(movies, feature_count) {
        return Err(Damaged::Sizes);
    }
    Ok(Snapshot { model, lists })
}

struct Sections<'a> {
    table: &'a [Section],
    body: Bytes,
}

impl Sections<'_> {
    fn get(&self, name: &str) -> Result<Bytes, Damaged> {
        let damaged = || Damaged::Section(name.to_owned());
        let section = self
            .table
            .iter()
            .find(|section| section.name == name)
            .ok_or_else(damaged)?;
        let end = section.offset.checked_add(section.bytes).ok_or_else(damaged)?;
        if end > self.body.len() {
            return Err(damaged());
        }
        let found = self.body.slice(section.offset..end);
        if hex(&Sha256::digest(&found)) == section.sha256 {
            Ok(found)
        } else {
            Err(damaged())
        }
    }

    fn numbers(&self, name: &str) -> Result<MappedSlice<u32>, Damaged> {
        MappedSlice::mapped(self.get(name)?).ok_or_else(|| Damaged::Section(name.to_owned()))
    }

    fn floats(&self, name: &str) -> Result<MappedSlice<f32>, Damaged> {
        self.finite(name, f32::is_finite)
    }

    fn halves(&self, name: &str) -> Result<MappedSlice<f16>, Damaged> {
        self.finite(name, f16::is_finite)
    }

    fn doubles(&self, name: &str, count: usize) -> Result<Vec<f64>, Damaged> {
        let out = self.finite(name, f64::is_finite)?;
        if out.len() == count {
            Ok(out.to_vec())
        } else {
            Err(Damaged::Section(name.to_owned()))
        }
    }

    fn finite<T: Pod>(&self, name: &str, is_finite: fn(T) -> bool) -> Result<MappedSlice<T>, Damaged> {
        let out = MappedSlice::<T>::mapped(self.get(name)?).ok_or_else(|| Damaged::Section(name.to_owned()))?;
        if out.iter().all(|value| is_finite(*value)) {
            Ok(out)
        } else {
            Err(Damaged::NotFinite(name.to_owned()))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::snapshot, *};

    #[test]
    fn decoding_restores_the_snapshot_to_the_bit() {
        let snapshot = snapshot();
        let file = encode(&snapshot);
        let back = decode(&Bytes::from(file.clone())).unwrap();
        assert!(!back.lists.ease.numbers.is_empty());
        assert_eq!(back, snapshot);
        assert_eq!(encode(&back), file);
    }

    #[test]
    fn a_file_with_any_damaged_byte_is_refused() {
        let file = encode(&snapshot());
        let mut refused = 0;
        for at in (0..file.len()).step_by(37).chain([0, 8, 12, 16, file.len() - 1]) {
            let mut damaged = file.clone();
            damaged[at] ^= 0x10;
            match decode(&Bytes::from(damaged)) {
                Err(_) => refused += 1,
                // Padding bytes carry no data.
                Ok(read) => assert_eq!(encode(&read), file, "byte {at} went unnoticed"),
            }
        }
        assert!(refused > 50);
        assert!(decode(&Bytes::from(file[..file.len() / 2].to_vec())).is_err());
        assert!(decode(&Bytes::new()).is_err());
    }

    #[test]
    fn feature_names_may_contain_any_character() {
        let mut snapshot = snapshot();
        let name = &mut snapshot.model.features.names[0];
        *name = "genre:\"one\\\nline, and another\"".to_owned();
        let back = decode(&Bytes::from(encode(&snapshot))).unwrap();
        assert_eq!(back.model.features.names, snapshot.model.features.names);
    }

    #[test]
    fn numbers_that_are_not_finite_and_sections_of_other_models_are_refused() {
        let mut broken = snapshot();
        broken.model.mean = f64::NAN;
        let read = decode(&Bytes::from(encode(&broken)));
        assert!(matches!(read, Err(Damaged::NotFinite(_))), "{read:?}");
        let mut mixed = snapshot();
        mixed.model.z = mixed.model.z[3..].to_vec().into();
        let read = decode(&Bytes::from(encode(&mixed)));
        assert!(matches!(read, Err(Damaged::Sizes)), "{read:?}");
    }
}
