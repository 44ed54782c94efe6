//! A long list of numbers that is either in memory or a part of a mapped file. A model of a hundred megabytes is then read
//! by the pages that are used, shared by all replicas on the machine, and given back when memory is short. A table in large pages is the exception: each replica has its own.

use std::{fmt, io, ops::Deref};

use bytemuck::Pod;
use bytes::Bytes;
use memmap2::{Mmap, MmapMut};

/// What one entry of the processor's table of addresses covers at best, on x86_64 and on most others.
const LARGE_PAGE: usize = 2 << 20;

/// Reads like a slice; cheap to clone when it is mapped.
#[derive(Clone)]
pub struct Numbers<T: Pod>(Source<T>);

#[derive(Clone)]
enum Source<T: Pod> {
    Owned(Vec<T>),
    /// Aligned, and as long as a whole number of them.
    Mapped(Bytes),
}

impl<T: Pod> Numbers<T> {
    /// The bytes as numbers of this machine, which is little-endian like the file; copied where they are not aligned.
    /// `None`: the length is no whole number of them.
    pub fn mapped(bytes: Bytes) -> Option<Self> {
        if !bytes.len().is_multiple_of(size_of::<T>()) {
            return None;
        }
        if bytemuck::try_cast_slice::<u8, T>(&bytes).is_ok() {
            return Some(Self(Source::Mapped(bytes)));
        }
        let copied = bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned);
        Some(Self(Source::Owned(copied.collect())))
    }

    /// The same in pages as large as the system has them, for a table of which single rows are read from anywhere: with small
    /// ones, finding out where a row lies costs more than reading it. A table that fits one page stays as it is.
    pub fn in_large_pages(self) -> Self {
        if size_of_val(&*self) < LARGE_PAGE {
            return self;
        }
        match copy_to_large_pages(self.as_bytes()) {
            Ok(copy) => Self(Source::Mapped(Bytes::from_owner(copy))),
            Err(error) => {
                tracing::warn!(%error, "a table stays in small pages");
                self
            }
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

fn copy_to_large_pages(bytes: &[u8]) -> io::Result<Mmap> {
    let mut copy = MmapMut::map_anon(bytes.len())?;
    #[cfg(target_os = "linux")]
    copy.advise(memmap2::Advice::HugePage)?;
    copy.copy_from_slice(bytes);
    copy.make_read_only()
}

impl<T: Pod> Deref for Numbers<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Source::Owned(numbers) => numbers,
            Source::Mapped(bytes) => bytemuck::cast_slice(bytes),
        }
    }
}

impl<T: Pod> Default for Numbers<T> {
    fn default() -> Self {
        Self(Source::Owned(Vec::new()))
    }
}

impl<T: Pod> From<Vec<T>> for Numbers<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(Source::Owned(numbers))
    }
}

impl<T: Pod + PartialEq> PartialEq for Numbers<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Pod> fmt::Debug for Numbers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_large_pages_is_the_same_table() {
        for count in [0, 3, LARGE_PAGE / 4 - 1, LARGE_PAGE / 4 * 3 + 5] {
            let numbers: Vec<f32> = (0..count).map(|number| number as f32).collect();
            let table = Numbers::from(numbers.clone()).in_large_pages();
            assert!(*table == numbers[..], "{count} numbers");
        }
    }

    #[test]
    fn bytes_become_numbers_wherever_they_lie_and_half_a_number_is_refused() {
        let numbers: Vec<f32> = vec![1.5, -2.0, 3.25];
        let mut shifted = vec![0u8];
        shifted.extend_from_slice(bytemuck::cast_slice(&numbers));
        let bytes = Bytes::from(shifted);
        for from in [0, 1] {
            let part = bytes.slice(from..from + 12);
            let read = Numbers::<f32>::mapped(part.clone()).unwrap();
            assert_eq!(read.as_bytes(), &part[..]);
        }
        assert_eq!(
            Numbers::<f32>::mapped(bytes.slice(1..)).unwrap(),
            Numbers::from(numbers)
        );
        assert!(Numbers::<f32>::mapped(bytes).is_none());
    }
}
