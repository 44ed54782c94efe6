//! Files of kinds that members upload by mistake, so that a refusal can name the kind.

/// The kind of a file that is no text, by its first bytes.
pub(super) fn detect(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("pdf"),
        [b'R', b'a', b'r', b'!', 0x1a, 0x07, ..] => Some("rar"),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some("7z"),
        // The container of .xls, .doc and .ppt.
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Some("office"),
        _ => None,
    }
}

/// The kind of a document that is a ZIP archive of these files.
pub(super) fn detect_document(names: &[String]) -> Option<&'static str> {
    if !names.iter().any(|name| name == "[Content_Types].xml") {
        return None;
    }
    let kinds = [("xl/", "xlsx"), ("word/", "docx"), ("ppt/", "pptx")];
    let kind = kinds
        .into_iter()
        .find(|(folder, _)| names.iter().any(|name| name.starts_with(folder)));
    kind.map(|(_, kind)| kind)
}
