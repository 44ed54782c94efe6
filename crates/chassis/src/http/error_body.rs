//! Adds a body to hyper's own error responses, such as 431 for headers that are too long. hyper writes those without calling a
//! handler and without a body, so they are recognised, and replaced, among the bytes that it writes.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The body of such a response.
#[derive(Clone, Debug)]
pub struct ErrorBody {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// The body for a status; `None` leaves the response as it is.
pub type ErrorBodyFor = fn(StatusCode) -> Option<ErrorBody>;

/// Longer than any response of hyper itself.
const MAX_BARE_RESPONSE_BYTES: usize = 256;

pub(super) struct WithErrorBodies<S> {
    stream: S,
    error_body: ErrorBodyFor,
    /// The response that replaces hyper's; `written` bytes of it have been sent.
    replacement: Vec<u8>,
    written: usize,
}

impl<S: AsyncWrite + Unpin> WithErrorBodies<S> {
    pub(super) fn new(stream: S, error_body: ErrorBodyFor) -> Self {
        Self {
            stream,
            error_body,
            replacement: Vec::new(),
            written: 0,
        }
    }

    fn poll_replacement(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.replacement.len() {
            let rest = &self.replacement[self.written..];
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether these bytes are a response without a body; if so, its replacement is ready to be written.
    fn replaces(&mut self, answer: &[u8]) -> bool {
        let Some(replacement) = bare_status(answer).and_then(|status| response(status, (self.error_body)(status)?))
        else {
            return false;
        };
        self.replacement = replacement;
        self.written = 0;
        true
    }
}

fn response(status: StatusCode, error_body: ErrorBody) -> Option<Vec<u8>> {
    let mut response = format!(
        "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        status.as_str(),
        status.canonical_reason()?,
        error_body.content_type,
        error_body.body.len(),
    )
    .into_bytes();
    response.extend(error_body.body);
    Some(response)
}

/// The status of a 4xx response that has no body, closes the connection and has no header of a handler.
fn bare_status(answer: &[u8]) -> Option<StatusCode> {
    if answer.len() > MAX_BARE_RESPONSE_BYTES || !answer.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = std::str::from_utf8(answer).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut closes = false;
    for line in lines {
        match line.split_once(": ")? {
            ("connection", "close") => closes = true,
            ("content-length", "0") | ("date", _) => {}
            _ => return None,
        }
    }
    closes.then_some(status)
}

impl<S: AsyncRead + Unpin> AsyncRead for WithErrorBodies<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WithErrorBodies<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_replacement(cx))?;
        if self.replaces(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_replacement(cx))?;
        if let [only] = bufs
            && self.replaces(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_replacement(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_replacement(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_error_without_a_body_that_closes_gets_one() {
        let bare = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: today\r\n\r\n";
        assert_eq!(bare_status(bare.as_bytes()).map(|status| status.as_u16()), Some(431));
        for other in [
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\nx-trace-id: a\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n",
            "HTTP/1.1 4",
            "",
        ] {
            assert_eq!(bare_status(other.as_bytes()), None, "{other}");
        }
    }
}
