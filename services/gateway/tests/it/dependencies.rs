//! The dependencies between the gateway's files: what both faces say is in `features`, and files do not import each other in circles.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

type ModulePath = Vec<String>;
/// Which files each file imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The source of each module, without comments and unit tests.
fn modules() -> BTreeMap<ModulePath, String> {
    fn collect(root: &Path, folder: &Path, modules: &mut BTreeMap<ModulePath, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, modules);
                continue;
            }
            let relative = path.strip_prefix(root).unwrap().with_extension("");
            let mut module: ModulePath = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
                module.pop();
            }
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let lines = source.lines().map(|line| line.split("//").next().unwrap());
            modules.insert(module, lines.collect::<Vec<_>>().join("\n"));
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    collect(&root, &root, &mut modules);
    modules.remove(&vec!["main".to_owned()]);
    modules
}

/// A use tree without white space and without `as …`.
fn without_renames(tree: &str) -> String {
    let (mut words, mut plain) = (tree.split_whitespace(), String::new());
    while let Some(word) = words.next() {
        if word == "as" {
            let renamed = words.next().unwrap_or_default();
            plain.push_str(
                renamed.trim_start_matches(|character: char| character.is_alphanumeric() || character == '_'),
            );
        } else {
            plain.push_str(word);
        }
    }
    plain
}

/// The paths of a `use`, one for each name that it brings in.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let (mut depth, mut branch, mut branches) = (0, String::new(), Vec::new());
    for character in rest.trim_end_matches('}').chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if character == ',' && depth == 0 {
            branches.push(std::mem::take(&mut branch));
        } else {
            branch.push(character);
        }
    }
    // The outermost brace was trimmed, with the braces of branches that end there.
    branch.push_str(&"}".repeat(depth));
    branches.push(branch);
    branches.retain(|branch| !branch.is_empty());
    let paths = branches.iter().flat_map(|branch| expand(branch));
    paths.map(|path| format!("{prefix}{path}")).collect()
}

/// The paths that a source refers to: in `use`, and those that begin with `crate` or `super` elsewhere.
fn paths(source: &str) -> Vec<String> {
    let (mut paths, mut others) = (Vec::new(), String::new());
    for statement in source.split_inclusive(';') {
        match statement.rsplit_once("use ") {
            Some((before, tree)) if before.is_empty() || before.ends_with(char::is_whitespace) => {
                paths.extend(expand(&without_renames(tree.trim_end_matches(';'))));
                others.push_str(before);
            }
            _ => others.push_str(statement),
        }
    }
    let is_part = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let words = others.split(|character| !is_part(character));
    let absolute = words.filter(|word| word.starts_with("crate::") || word.starts_with("super::"));
    paths.extend(absolute.map(str::to_owned));
    paths
}

fn name(module: &[String]) -> String {
    module.join("::")
}

fn imports(modules: &BTreeMap<ModulePath, String>) -> Imports {
    let mut imports = Imports::new();
    for (module, source) in modules {
        let imported = imports.entry(name(module)).or_default();
        for path in paths(source) {
            let mut parts: Vec<String> = path.split("::").map(str::to_owned).collect();
            let mut base = module.clone();
            match parts[0].as_str() {
                "crate" => base.clear(),
                "super" | "self" => {}
                first => {
                    let child = [&base[..], &[first.to_owned()]].concat();
                    if !modules.contains_key(&child) {
                        continue;
                    }
                }
            }
            while matches!(parts.first().map(String::as_str), Some("crate" | "self" | "super")) {
                if parts.remove(0) == "super" {
                    base.pop();
                }
            }
            base.extend(parts);
            while !modules.contains_key(&base) {
                base.pop();
            }
            if base != *module {
                imported.insert(name(&base));
            }
        }
    }
    imports
}

/// Whether imports lead from one file to another.
fn leads(imports: &Imports, from: &str, to: &str) -> bool {
    let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(file) = left.pop() {
        for next in imports.get(file).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next.as_str()) {
                left.push(next);
            }
        }
    }
    false
}

#[test]
fn files_do_not_import_each_other_in_circles() {
    let modules = modules();
    assert!(modules.len() > 80, "only {} files were found", modules.len());
    let imports = imports(&modules);
    assert!(
        imports["rest::lists"].contains("features::lists"),
        "{:?}",
        imports["rest::lists"]
    );
    assert!(imports["http::auth"].contains("app"), "{:?}", imports["http::auth"]);
    let circles: Vec<&String> = imports.keys().filter(|file| leads(&imports, file, file)).collect();
    assert!(circles.is_empty(), "in a circle: {circles:?}");
}

#[test]
fn features_know_no_face_and_the_faces_do_not_know_each_other() {
    let forbidden = [
        ("features", "rest"),
        ("features", "graphql"),
        ("rest", "graphql"),
        ("graphql", "rest"),
        ("upstream", "features"),
    ];
    let folder = |file: &str| file.split("::").next().unwrap().to_owned();
    for (file, imported) in imports(&modules()) {
        for other in imported {
            let pair = (folder(&file), folder(&other));
            let is_forbidden = forbidden.iter().any(|(from, to)| (*from, *to) == (&pair.0, &pair.1));
            assert!(!is_forbidden, "{file} imports {other}");
        }
    }
}

#[test]
fn no_type_is_declared_in_both_faces() {
    let declared = |face: &str| -> BTreeSet<String> {
        let modules = modules()
            .into_iter()
            .filter(|(module, _)| module.first().is_some_and(|first| first == face));
        let sources: Vec<String> = modules.map(|(_, source)| source).collect();
        let lines = sources.iter().flat_map(|source| source.lines());
        let names = lines.filter_map(|line| {
            let line = line.trim_start();
            let line = line
                .strip_prefix("pub")
                .map_or(line, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
            let rest = line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum "))?;
            rest.split(|character: char| !character.is_alphanumeric()).next()
        });
        names.map(str::to_owned).collect()
    };
    let (rest, graphql) = (declared("rest"), declared("graphql"));
    assert!(rest.contains("Session") && graphql.contains("RatePayload"));
    let both: Vec<&String> = rest.intersection(&graphql).collect();
    assert!(both.is_empty(), "declared in rest/ and graphql/: {both:?}");
}
