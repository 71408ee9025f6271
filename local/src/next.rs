//! The command to type next, as it is printed: for the folder that this one was given.

use std::path::Path;

use crate::data_dir;

/// `command` as it is typed for this folder: with a value of its own, as the report of a repair, and with flags.
///
/// `make` passes `ARGS` through a shell; a folder whose name means something to one is for the program itself.
pub(crate) fn command(data_dir: &Path, command: &str, value: Option<(&str, &str)>, flags: &[&str]) -> String {
    let folder = data_dir.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./+@:%,=".contains(letter);
    let mut words = Vec::new();
    if folder.chars().all(is_plain) {
        words.extend(["make".to_owned(), command.to_owned()]);
        words.extend(value.map(|(name, value)| format!("{name}={value}")));
        let mut arguments = flags.join(" ");
        if folder != data_dir::DEFAULT {
            let space = if arguments.is_empty() { "" } else { " " };
            arguments = format!("{arguments}{space}--data-dir {folder}");
        }
        match arguments.contains(' ') {
            _ if arguments.is_empty() => {}
            true => words.push(format!("ARGS=\"{arguments}\"")),
            false => words.push(format!("ARGS={arguments}")),
        }
    } else {
        words.extend(["cargo run -q -p tintype-local --".to_owned(), command.to_owned()]);
        words.extend(value.map(|(_, value)| value.to_owned()));
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        words.push(format!("--data-dir '{}'", folder.replace('\'', r"'\''")));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_folder_that_was_given_in_a_form_that_can_be_typed() {
        let typed = |folder: &str, value, flags: &[&str]| command(Path::new(folder), "repair", value, flags);
        assert_eq!(typed("tintype-data", None, &[]), "make repair");
        assert_eq!(typed("tintype-data", Some(("REPORT", "01A")), &[]), "make repair REPORT=01A");
        assert_eq!(typed("tintype-data", None, &["--every-byte"]), "make repair ARGS=--every-byte");
        let own = typed("/srv/photos", Some(("REPORT", "01A")), &[]);
        assert_eq!(own, "make repair REPORT=01A ARGS=\"--data-dir /srv/photos\"");
        assert_eq!(
            typed("/srv", None, &["--every-byte"]),
            "make repair ARGS=\"--every-byte --data-dir /srv\""
        );
        let odd = typed("/my $photos' x", Some(("REPORT", "01A")), &["--all"]);
        assert_eq!(odd, r"cargo run -q -p tintype-local -- repair 01A --all --data-dir '/my $photos'\'' x'");
    }
}
