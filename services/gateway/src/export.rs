//! A member's data as one ZIP, written while it is sent. It imports back to the same state, and `letterboxd.csv` in it is what
//! Letterboxd imports.

mod formats;
mod lists;
mod reader;
mod zip_stream;

use std::io;

use bytes::Bytes;
use chassis::identity::Caller;
use futures::{SinkExt as _, channel::mpsc};

use self::{
    formats::{LETTERBOXD_HEADER, csv_header, csv_line, json_item, letterboxd_line, name},
    reader::{Item, Page, Reader, Section},
    zip_stream::ZipStream,
};
use crate::{http::problem::Problem, upstream::clients::Clients};

/// Starts the export and returns the bytes of the ZIP as they are written. An export that fails later ends with an error, which
/// breaks the download off.
pub(crate) async fn start(
    clients: Clients,
    caller: Caller,
) -> Result<mpsc::Receiver<Result<Bytes, io::Error>>, Problem> {
    let (sender, receiver) = mpsc::channel(4);
    let reader = Reader { clients, caller };
    // Reads a page first, so that a service that is down fails the request instead of the download.
    reader.page(Section::Ratings, String::new()).await?;
    tokio::spawn(async move {
        let mut failed = sender.clone();
        if let Err(error) = write(&reader, ZipStream::new(sender)).await {
            tracing::warn!(%error, "an export broke off");
            let _ = failed.send(Err(error)).await;
        }
    });
    Ok(receiver)
}

/// Writes all files. A section is read again for each file that has it, so that memory holds one page, however much data the
/// member has.
async fn write(reader: &Reader, mut zip: ZipStream) -> Result<(), io::Error> {
    for section in Section::ALL {
        zip.begin(&format!("{}.csv", name(section)))?;
        zip.put(csv_header(section)).await?;
        each_page(reader, section, &mut zip, |page, item, _| {
            csv_line(&page.movie(item), item)
        })
        .await?;
    }
    zip.begin("lists.csv")?;
    lists::write_csv(reader, &mut zip).await?;
    zip.begin("letterboxd.csv")?;
    zip.put(LETTERBOXD_HEADER).await?;
    for section in [Section::Ratings, Section::Comments, Section::Watches] {
        each_page(reader, section, &mut zip, |page, item, _| {
            letterboxd_line(&page.movie(item), item)
        })
        .await?;
    }
    zip.begin("matcha.json")?;
    zip.put("{\"format\":\"matcha\",\"version\":1").await?;
    for section in Section::ALL {
        zip.put(&format!(",\n\"{}\":[", name(section))).await?;
        each_page(reader, section, &mut zip, |page, item, is_first| {
            let comma = if is_first { "\n" } else { ",\n" };
            format!("{comma}{}", json_item(&page.movie(item), item))
        })
        .await?;
        zip.put("]").await?;
    }
    zip.put(",\n\"lists\":[").await?;
    lists::write_json(reader, &mut zip).await?;
    zip.put("]}\n").await?;
    zip.finish().await
}

async fn each_page(
    reader: &Reader,
    section: Section,
    zip: &mut ZipStream,
    line: impl Fn(&Page, &Item, bool) -> String,
) -> Result<(), io::Error> {
    let (mut cursor, mut is_first) = (String::new(), true);
    loop {
        let page = reader.page(section, cursor).await.map_err(io::Error::other)?;
        let mut lines = String::new();
        for item in &page.items {
            lines.push_str(&line(&page, item, is_first));
            is_first = false;
        }
        zip.put(&lines).await?;
        if page.next_cursor.is_empty() {
            return Ok(());
        }
        cursor = page.next_cursor;
    }
}
