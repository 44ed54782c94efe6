//! Writes the facts of a page into the site's index.html: title, description, canonical address, the page in the other language
//! (`hreflang`), Open Graph (<https://ogp.me>), schema.org as JSON-LD, and the facts as HTML for readers without scripts.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    facts::{Facts, Picture},
    poster,
    texts::by,
};
use crate::features::settings::Language;

/// index.html cut at the comments that mark where a page's own head and facts stand. A page without facts keeps what stands there.
pub(super) struct Template {
    html: String,
    head: Option<(usize, usize)>,
    facts: Option<(usize, usize)>,
}

const HEAD: [&str; 2] = ["<!-- page head -->", "<!-- end of page head -->"];
const FACTS: [&str; 2] = ["<!-- page facts -->", "<!-- end of page facts -->"];
const LANGUAGE: &str = "<html lang=\"ko\"";

/// Where a page is, as other programs should address it.
pub(super) struct Place<'a> {
    /// The site's own address, without a slash at the end.
    pub(super) site: &'a str,
    pub(super) path: &'a str,
    /// The part of the query that the page depends on, beside the language.
    pub(super) query: &'a str,
    pub(super) language: Language,
    /// Whether the address itself names the language.
    pub(super) named: bool,
    /// Whether search engines may list the page.
    pub(super) listed: bool,
}

impl Template {
    pub(super) fn new(html: String) -> Self {
        let between = |[from, to]: [&str; 2]| {
            let start = html.find(from)? + from.len();
            Some((start, start + html[start..].find(to)?))
        };
        let (head, facts) = (between(HEAD), between(FACTS));
        Self { html, head, facts }
    }

    pub(super) fn plain(&self) -> &str {
        &self.html
    }

    /// The page with these facts.
    pub(super) fn fill(&self, facts: &Facts, place: &Place<'_>) -> String {
        let (Some((head, head_end)), Some((noted, noted_end))) = (self.head, self.facts) else {
            return self.html.clone();
        };
        let mut page = String::with_capacity(self.html.len() + 4096);
        page.push_str(&self.html[..head].replacen(LANGUAGE, &format!("<html lang=\"{}\"", place.language.tag()), 1));
        page.push_str(&head_of(facts, place));
        page.push_str(&self.html[head_end..noted]);
        page.push_str(&body_of(facts, place.language));
        page.push_str(&self.html[noted_end..]);
        page
    }
}

fn head_of(facts: &Facts, place: &Place<'_>) -> String {
    let Place { site, language, .. } = place;
    let title = if facts.title.is_empty() { "matcha" } else { &facts.title };
    let suffix = if facts.title.is_empty() { "" } else { " · matcha" };
    let mut head = format!("<title>{}{suffix}</title>", escaped(title));
    let mut meta = |attribute: &str, name: &str, content: &str| {
        // Writing to a string cannot fail.
        let _ = write!(head, "<meta {attribute}=\"{name}\" content=\"{}\">", escaped(content));
    };
    if !facts.description.is_empty() {
        meta("name", "description", &facts.description);
        meta("property", "og:description", &facts.description);
    }
    if !place.listed {
        meta("name", "robots", "noindex");
    }
    meta("property", "og:site_name", "matcha");
    meta("property", "og:type", facts.kind);
    meta("property", "og:title", title);
    meta("property", "og:url", &place.address(place.named.then_some(*language)));
    meta("property", "og:locale", by(*language, "ko_KR", "en_US"));
    meta("property", "og:locale:alternate", by(*language, "en_US", "ko_KR"));
    let picture = match &facts.picture {
        Some(Picture::Poster(movie)) => format!("{site}{}", poster::path(*movie, *language)),
        Some(Picture::Image(address)) => address.clone(),
        None => format!("{site}/icon-512.png"),
    };
    meta("property", "og:image", &picture);
    if let Some(Picture::Poster(_)) = facts.picture {
        meta("property", "og:image:type", "image/png");
        meta("property", "og:image:width", &poster::WIDTH.to_string());
        meta("property", "og:image:height", &poster::HEIGHT.to_string());
    }
    meta("property", "og:image:alt", title);
    meta("name", "twitter:card", "summary");

    let mut link = |attributes: &str, address: &str| {
        let _ = write!(head, "<link {attributes} href=\"{}\">", escaped(address));
    };
    if place.listed {
        link("rel=\"canonical\"", &place.address(place.named.then_some(*language)));
        for other in [Language::Ko, Language::En] {
            let attributes = format!("rel=\"alternate\" hreflang=\"{}\"", other.tag());
            link(&attributes, &place.address(Some(other)));
        }
        link("rel=\"alternate\" hreflang=\"x-default\"", &place.address(None));
    }
    if let Some(structured) = &facts.structured {
        let mut structured = structured.clone();
        structured["url"] = place.address(None).into();
        structured["image"] = picture.into();
        let _ = write!(
            head,
            "<script type=\"application/ld+json\">{}</script>",
            in_script(&structured)
        );
    }
    head
}

impl Place<'_> {
    /// The address of the page, in one language or in that of the reader.
    fn address(&self, language: Option<Language>) -> String {
        let language = language.map(|language| format!("lang={}", language.tag()));
        let query = [self.query, language.as_deref().unwrap_or_default()];
        let query: Vec<&str> = query.into_iter().filter(|part| !part.is_empty()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.site, self.path, query.join("&"))
    }
}

fn body_of(facts: &Facts, language: Language) -> String {
    let needs = by(
        language,
        "matcha는 자바스크립트가 필요해요.",
        "matcha needs JavaScript.",
    );
    let title = if facts.title.is_empty() { "matcha" } else { &facts.title };
    let mut body = format!("<h1>{}</h1><p>{}</p>", escaped(title), escaped(&facts.description));
    if !facts.lines.is_empty() {
        body.push_str("<ul>");
        for (text, path) in &facts.lines {
            let text = escaped(text);
            let _ = match path {
                Some(path) => write!(body, "<li><a href=\"{}\">{text}</a></li>", escaped(path)),
                None => write!(body, "<li>{text}</li>"),
            };
        }
        body.push_str("</ul>");
    }
    body + "<p>" + needs + "</p>"
}

/// Escapes text for HTML, also within an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// JSON that cannot end the script it stands in.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template() -> Template {
        let html = "<html lang=\"ko\"><head><!-- page head --><title>old</title><!-- end of page head --></head>\
                    <noscript><!-- page facts -->old<!-- end of page facts --></noscript>";
        Template::new(html.to_owned())
    }

    fn place(language: Language, named: bool) -> Place<'static> {
        Place {
            site: "https://matcha.example",
            path: "/movies/1",
            query: "",
            language,
            named,
            listed: true,
        }
    }

    #[test]
    fn what_members_write_stays_text() {
        let facts = Facts {
            title: "</title><script>alert(1)</script>".to_owned(),
            description: "\" onload='x' <b>".to_owned(),
            lines: vec![("<i>".to_owned(), Some("/\"><b>".to_owned()))],
            structured: Some(json!({"name": "</script><script>alert(2)</script>"})),
            kind: "website",
            ..Facts::default()
        };
        let page = template().fill(&facts, &place(Language::Ko, false));
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(page.matches("</script").count(), 1, "{page}");
        assert!(
            !page.contains("<b>") && !page.contains("<i>") && !page.contains("onload='"),
            "{page}"
        );
        assert!(!page.contains("old"), "{page}");
    }

    #[test]
    fn a_page_names_itself_and_the_page_in_the_other_language() {
        let facts = Facts {
            title: "Parasite (2019)".to_owned(),
            kind: "video.movie",
            ..Facts::default()
        };
        let page = template().fill(&facts, &place(Language::En, true));
        for part in [
            "<html lang=\"en\">",
            "<title>Parasite (2019) · matcha</title>",
            "<link rel=\"canonical\" href=\"https://matcha.example/movies/1?lang=en\">",
            "hreflang=\"ko\" href=\"https://matcha.example/movies/1?lang=ko\">",
            "hreflang=\"x-default\" href=\"https://matcha.example/movies/1\">",
            "<h1>Parasite (2019)</h1>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let page = template().fill(&facts, &place(Language::En, false));
        assert!(
            page.contains("rel=\"canonical\" href=\"https://matcha.example/movies/1\""),
            "{page}"
        );
    }
}
