//! A ZIP file that is sent while it is written.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::{SinkExt as _, channel::mpsc};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

/// Bytes of the ZIP that are packed and not yet sent.
#[derive(Clone, Default)]
struct PackedBytes(Arc<Mutex<Vec<u8>>>);

impl PackedBytes {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for PackedBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A ZIP that is sent while it is written, so that memory holds one page at a time.
pub(super) struct ZipStream {
    zip: ZipWriter<StreamWriter<PackedBytes>>,
    packed: PackedBytes,
    sender: mpsc::Sender<Result<Bytes, io::Error>>,
}

impl ZipStream {
    pub(super) fn new(sender: mpsc::Sender<Result<Bytes, io::Error>>) -> Self {
        let packed = PackedBytes::default();
        Self {
            zip: ZipWriter::new_stream(packed.clone()),
            packed,
            sender,
        }
    }

    /// Starts a file of the ZIP.
    pub(super) fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options).map_err(io::Error::other)
    }

    /// Adds text to the file, and sends what is packed.
    pub(super) async fn put(&mut self, text: &str) -> io::Result<()> {
        self.zip.write_all(text.as_bytes())?;
        self.send().await
    }

    async fn send(&mut self) -> io::Result<()> {
        let packed = self.packed.take();
        if packed.is_empty() {
            return Ok(());
        }
        // An error means that the client has hung up, and stops the export.
        self.sender.send(Ok(packed.into())).await.map_err(io::Error::other)
    }

    pub(super) async fn finish(mut self) -> io::Result<()> {
        let (packed, mut sender) = (self.packed.clone(), self.sender.clone());
        self.zip.flush()?;
        self.zip.finish().map_err(io::Error::other)?;
        sender.send(Ok(packed.take().into())).await.map_err(io::Error::other)
    }
}
