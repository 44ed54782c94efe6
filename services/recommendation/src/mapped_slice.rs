//! A slice of numbers that is either owned or part of a memory-mapped file. The pages of a mapped model are loaded when
//! they are used, shared by all replicas on the machine, and evicted when memory is short. Only a table in large pages
//! is private to each replica.

use std::{fmt, io, ops::Deref};

use bytemuck::Pod;
use bytes::Bytes;
use memmap2::{Mmap, MmapMut};

/// The size of a large page on x86_64 and most other architectures.
const LARGE_PAGE: usize = 2 << 20;

/// Dereferences to a slice. Cheap to clone if it is mapped.
#[derive(Clone)]
pub struct MappedSlice<T: Pod>(Source<T>);

#[derive(Clone)]
enum Source<T: Pod> {
    Owned(Vec<T>),
    /// Aligned for `T`, and a multiple of its size.
    Mapped(Bytes),
}

impl<T: Pod> MappedSlice<T> {
    /// Interprets little-endian bytes as numbers, and copies them only if they are not aligned. `None` if the length is
    /// not a multiple of the size of a number.
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

    /// Moves the numbers into large pages. For tables whose rows are read in random order: with small pages, a TLB miss
    /// costs more than reading the row. A table smaller than a large page stays as it is.
    pub fn in_large_pages(self) -> Self {
        if size_of_val(&*self) < LARGE_PAGE {
            return self;
        }
        match copy_to_large_pages(self.as_bytes()) {
            Ok(copy) => Self(Source::Mapped(Bytes::from_owner(copy))),
            Err(error) => {
                tracing::warn!(%error, "cannot allocate large pages; the table stays in small ones");
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

impl<T: Pod> Deref for MappedSlice<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Source::Owned(numbers) => numbers,
            Source::Mapped(bytes) => bytemuck::cast_slice(bytes),
        }
    }
}

impl<T: Pod> Default for MappedSlice<T> {
    fn default() -> Self {
        Self(Source::Owned(Vec::new()))
    }
}

impl<T: Pod> From<Vec<T>> for MappedSlice<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(Source::Owned(numbers))
    }
}

impl<T: Pod + PartialEq> PartialEq for MappedSlice<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Pod> fmt::Debug for MappedSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_to_large_pages_keeps_the_numbers() {
        for count in [0, 3, LARGE_PAGE / 4 - 1, LARGE_PAGE / 4 * 3 + 5] {
            let numbers: Vec<f32> = (0..count).map(|number| number as f32).collect();
            let table = MappedSlice::from(numbers.clone()).in_large_pages();
            assert!(*table == numbers[..], "{count} numbers");
        }
    }

    #[test]
    fn unaligned_bytes_are_copied_and_a_partial_number_is_refused() {
        let numbers: Vec<f32> = vec![1.5, -2.0, 3.25];
        let mut shifted = vec![0u8];
        shifted.extend_from_slice(bytemuck::cast_slice(&numbers));
        let bytes = Bytes::from(shifted);
        for from in [0, 1] {
            let part = bytes.slice(from..from + 12);
            let read = MappedSlice::<f32>::mapped(part.clone()).unwrap();
            assert_eq!(read.as_bytes(), &part[..]);
        }
        assert_eq!(
            MappedSlice::<f32>::mapped(bytes.slice(1..)).unwrap(),
            MappedSlice::from(numbers)
        );
        assert!(MappedSlice::<f32>::mapped(bytes).is_none());
    }
}
