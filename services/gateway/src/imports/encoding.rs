//! The text of a file: UTF-8 only, and its line breaks.

use super::{file::FileError, wrong_kind};

/// The text of a UTF-8 file, without its byte order mark.
pub(super) fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, FileError> {
    if let Some(kind) = wrong_kind::detect(bytes) {
        let file = file.to_owned();
        return Err(FileError::WrongKind { file, kind });
    }
    if is_utf16(bytes) {
        return Err(FileError::Utf16(file.to_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| FileError::NotUtf8 {
        file: file.to_owned(),
        line: 1 + line_breaks(&bytes[..error.valid_up_to()]),
    })
}

/// Detects UTF-16 with or without its byte order mark. All known headers are ASCII, and so is the beginning of JSON; in UTF-16
/// every other byte of ASCII is zero, which no other text has.
fn is_utf16(bytes: &[u8]) -> bool {
    const HEADER: usize = 64;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return true;
    }
    let (pairs, _) = bytes[..bytes.len().min(HEADER)].as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let mostly = |count: usize| count * 4 > pairs.len() * 3;
    mostly(zeros(0)) != mostly(zeros(1))
}

/// Counts LF, CRLF, and CR alone, which old machines write.
pub(super) fn line_breaks(bytes: &[u8]) -> usize {
    let lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|&at| bytes[at] == b'\n' || lone(at)).count()
}
