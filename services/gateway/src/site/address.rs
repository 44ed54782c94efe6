//! Reads the address of a request: the page at its path with the id or handle in it, and the language of the answer.

use http::{HeaderMap, Uri, header};
use uuid::Uuid;

use crate::{features::settings::Language, http::extract::handle};

/// A page of the site. The folder `web/src/routes` has the same pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A page that is the same for everybody who is signed out.
    Public,
    /// A page about the signed-in member, which search engines have no use for.
    Own,
    Movie(Uuid),
    Comments(Uuid),
    Person(Uuid),
    List(Uuid),
    Member(String),
    Taste(String),
    /// The movies behind one figure of a taste; the query says which.
    TasteMovies(String),
}

impl Page {
    /// The page at this path; `None`: there is no such page.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        let parts: Vec<&str> = path.split('/').collect();
        let id = |text: &str| Uuid::try_parse(text).ok().filter(|id| !id.is_nil());
        Some(match parts[..] {
            ["" | "index.html" | "search" | "lists" | "rate" | "status" | "sign-in" | "sign-up"] => Self::Public,
            ["me" | "feed" | "for-you" | "taste" | "settings"] | ["settings", "import"] => Self::Own,
            ["movies", movie] => Self::Movie(id(movie)?),
            ["movies", movie, "comments"] => Self::Comments(id(movie)?),
            ["people", person] => Self::Person(id(person)?),
            ["lists", list] => Self::List(id(list)?),
            ["members", name] => Self::Member(handle(name)?),
            ["members", name, "taste"] => Self::Taste(handle(name)?),
            ["members", name, "taste", "movies"] => Self::TasteMovies(handle(name)?),
            _ => return None,
        })
    }

    /// The path by which other programs should know the page that was asked for at this path.
    pub(super) fn path(&self, asked: &str) -> String {
        match self {
            Self::Public | Self::Own if asked == "/index.html" => "/".to_owned(),
            Self::Public | Self::Own if asked.len() > 1 => asked.trim_end_matches('/').to_owned(),
            Self::Public | Self::Own => asked.to_owned(),
            Self::Movie(id) => format!("/movies/{id}"),
            Self::Comments(id) => format!("/movies/{id}/comments"),
            Self::Person(id) => format!("/people/{id}"),
            Self::List(id) => format!("/lists/{id}"),
            Self::Member(name) => format!("/members/{name}"),
            Self::Taste(name) => format!("/members/{name}/taste"),
            Self::TasteMovies(name) => format!("/members/{name}/taste/movies"),
        }
    }
}

/// The language that the address names (`?lang=en`), or else Korean if the browser prefers it or says nothing, or else English.
pub(crate) fn language(uri: &Uri, headers: &HeaderMap) -> Language {
    if let Some(named) = named_language(uri) {
        return named;
    }
    // Browsers send the language that they prefer first; the site looks at that one, too.
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|list| list.to_str().ok());
    match accepted.and_then(|list| list.split([',', ';', '-']).next()) {
        None | Some("") => Language::Ko,
        Some(tag) if tag.trim().eq_ignore_ascii_case("ko") => Language::Ko,
        Some(_) => Language::En,
    }
}

/// The query without the language.
pub(super) fn rest_of_query(uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let parts = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("lang="));
    parts.collect::<Vec<_>>().join("&")
}

/// The language that the address names.
pub(crate) fn named_language(uri: &Uri) -> Option<Language> {
    let query = uri.query().unwrap_or_default();
    let (_, tag) = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "lang")?;
    matches!(&*tag, "ko" | "en").then(|| Language::from_tag(&tag))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The paths of `web/src/routes`, with a parameter filled in.
    fn routes(folder: &Path, path: &str, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder of routes").flatten() {
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            if name == "+page.svelte" {
                into.push(if path.is_empty() {
                    "/".to_owned()
                } else {
                    path.to_owned()
                });
            } else if entry.path().is_dir() {
                let part = match &name[..] {
                    "[id]" => "0190e6a0-0000-7000-8000-000000000001",
                    "[handle]" => "mina",
                    name => name,
                };
                routes(&entry.path(), &format!("{path}/{part}"), into);
            }
        }
    }

    #[test]
    fn every_route_of_the_site_is_a_page() {
        let mut paths = Vec::new();
        routes(Path::new("../../web/src/routes"), "", &mut paths);
        assert!(paths.len() >= 20, "{paths:?}");
        for path in paths {
            assert!(Page::at(&path).is_some(), "{path}");
        }
        for (asked, path) in [
            ("/members/Mina/", "/members/mina"),
            ("/index.html", "/"),
            ("/", "/"),
            ("/lists/", "/lists"),
        ] {
            assert_eq!(Page::at(asked).map(|page| page.path(asked)).as_deref(), Some(path));
        }
        assert_eq!(Page::at("/members/Mina/"), Some(Page::Member("mina".to_owned())));
        for path in [
            "/movies",
            "/movies/1",
            "/people/x",
            "/members/mina/likes",
            "/wp-admin",
            "//",
            "/search/more",
        ] {
            assert_eq!(Page::at(path), None, "{path}");
        }
    }

    #[test]
    fn the_language_is_that_of_the_address_or_the_one_that_the_browser_prefers() {
        let language = |uri: &'static str, accepted: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(
                    header::ACCEPT_LANGUAGE,
                    http::HeaderValue::from_bytes(accepted.as_bytes()).expect("a header"),
                );
            }
            super::language(&Uri::from_static(uri), &headers).tag()
        };
        assert_eq!(language("/?lang=en", Some("ko-KR")), "en");
        assert_eq!(language("/?lang=fr", Some("en-US,en;q=0.9")), "en");
        assert_eq!(language("/", Some("de-DE,de;q=0.9,ko;q=0.8")), "en");
        assert_eq!(language("/", Some("ko-KR,en;q=0.8")), "ko");
        assert_eq!(language("/", Some("kok")), "en");
        assert_eq!(language("/", Some("한국어")), "ko");
        assert_eq!(language("/", None), "ko");
    }
}
