//! A walk over the objects of a bucket in the order of their keys.
//!
//! S3 lists in "UTF-8 binary order" of whole keys, and a folder is not sorted like that: `a-b` comes before `a/b`,
//! because `-` is less than `/`. So a child counts twice, as the object `segment` and as the tree `segment/`, and both
//! are sorted as strings. All keys below a tree begin with its name, so no other entry falls between them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::names::{self, Name};
use super::{unreadable, versions};

/// How a walk goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    On,
    /// Not into this tree.
    Skip,
    /// It is enough.
    Stop,
}

/// Who is shown what the walk finds.
pub(super) trait Visitor {
    /// A tree: every key in it begins with `prefix`, which ends in a slash.
    fn tree(&mut self, prefix: &str, folder: &Path) -> io::Result<Step>;

    /// The folder of a key. There may be no object in it.
    fn object(&mut self, key: &str, folder: &Path) -> io::Result<Step>;
}

/// Walks what has `prefix`, and perhaps neighbours of it. Answers whether the walk came to its end.
pub(super) fn walk(bucket: &Path, prefix: &str, visitor: &mut impl Visitor) -> io::Result<bool> {
    // The folder that the prefix names is entered directly: a bucket may have many.
    match prefix.rsplit_once('/') {
        Some((above, _)) => inside(&names::folder(bucket, above), &prefix[..=above.len()], visitor),
        None => inside(bucket, "", visitor),
    }
}

/// Walks one folder, whose keys all begin with `base`.
fn inside(folder: &Path, base: &str, visitor: &mut impl Visitor) -> io::Result<bool> {
    let mut children = Vec::new();
    segments(folder, "", &mut children)?;
    walk_children(base, &children, visitor)
}

/// Walks what lies in a folder. A tree in it that cannot be read is passed over; the folder itself was to be listed.
fn walk_children(base: &str, children: &[(String, PathBuf)], visitor: &mut impl Visitor) -> io::Result<bool> {
    let mut steps = Vec::with_capacity(2 * children.len());
    for (segment, folder) in children {
        steps.push((format!("{base}{segment}"), folder, false));
        steps.push((format!("{base}{segment}/"), folder, true));
    }
    steps.sort_unstable();
    for (name, folder, is_tree) in steps {
        let step = if is_tree { visitor.tree(&name, folder)? } else { visitor.object(&name, folder)? };
        match step {
            Step::Stop => return Ok(false),
            Step::On if is_tree => {
                let mut children = Vec::new();
                match segments(folder, "", &mut children) {
                    Ok(()) if !walk_children(&name, &children, visitor)? => return Ok(false),
                    Ok(()) => {}
                    Err(error) => unreadable::say(folder, &error),
                }
            }
            Step::On | Step::Skip => {}
        }
    }
    Ok(true)
}

/// The segments that continue in `folder`, with their pieces joined, in no order.
fn segments(folder: &Path, pieces: &str, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // Tidied away since its name was read, or a file that somebody else put there.
        Err(error) if versions::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        match name.to_str().map_or(Name::Other, names::read_name) {
            Name::Other => {}
            Name::Piece(piece) => segments(&entry.path(), &format!("{pieces}{piece}"), found)?,
            Name::End(end) => {
                // A name that no key has was put there by someone else; it is left alone.
                if let Some(segment) = names::decode(&format!("{pieces}{end}")) {
                    found.push((segment, entry.path()));
                }
            }
        }
    }
    Ok(())
}
