//! A long list of numbers that is either in memory or a part of a mapped file. A model of a hundred megabytes is then read
//! by the pages that are used, shared by all replicas on the machine, and given back when memory is short.

use std::{fmt, ops::Deref};

use bytemuck::Pod;
use bytes::Bytes;

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

    pub fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
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
