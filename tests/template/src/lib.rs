//! template.yaml as data: tags become the objects that they stand for, `!Ref X` is `{"Ref": "X"}`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The template.
#[derive(Debug, Clone)]
pub struct Template(pub Value);

impl Template {
    /// The one at the root of the repository.
    ///
    /// # Panics
    /// If it cannot be read: there is nothing to test then.
    #[expect(clippy::expect_used, reason = "a test without its template ends here")]
    pub fn of_repository() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
        let text = std::fs::read_to_string(file).expect("template.yaml");
        Self::parse(&text)
    }

    /// From its text.
    ///
    /// # Panics
    /// If it is no YAML.
    #[expect(clippy::expect_used, reason = "a test without its template ends here")]
    pub fn parse(text: &str) -> Self {
        Self(plain(&serde_yaml_ng::from_str(text).expect("YAML")))
    }

    /// All resources by their names.
    pub fn resources(&self) -> BTreeMap<&str, &Value> {
        members(&self.0["Resources"])
    }

    /// Resources of a type.
    pub fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        self.resources().into_iter().filter(|(_, resource)| resource["Type"] == kind).collect()
    }

    /// One resource's properties.
    pub fn properties(&self, name: &str) -> &Value {
        &self.0["Resources"][name]["Properties"]
    }

    /// Which resources each resource needs to be there before.
    pub fn references(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let resources = self.resources();
        resources
            .iter()
            .map(|(name, resource)| {
                let mut found = BTreeSet::new();
                gather(resource, &mut found);
                found.retain(|other| resources.contains_key(other.as_str()));
                (*name, found)
            })
            .collect()
    }

    /// Every statement of every role's policies, with the role's name.
    pub fn statements(&self) -> Vec<(&str, &Value)> {
        let mut statements = Vec::new();
        for (role, resource) in self.of_type("AWS::IAM::Role") {
            for policy in items(&resource["Properties"]["Policies"]) {
                statements.extend(items(&policy["PolicyDocument"]["Statement"]).map(|found| (role, found)));
            }
        }
        statements
    }
}

/// Members of an object by name.
pub fn members(value: &Value) -> BTreeMap<&str, &Value> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
}

/// Items of a list.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text, or each text of a list.
pub fn texts(value: &Value) -> Vec<&str> {
    value.as_str().into_iter().chain(items(value).filter_map(Value::as_str)).collect()
}

/// Text with CloudFormation's functions put in words: `${Name}` for what is only known when it is deployed.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => match object.iter().next() {
            Some((name, Value::String(text))) if name == "Fn::Sub" => text.clone(),
            Some((name, Value::String(text))) if name == "Ref" => format!("${{{text}}}"),
            Some((name, argument)) if name == "Fn::GetAtt" => format!("${{{}}}", texts(argument).join(".")),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// Every value in it, itself included.
pub fn walk<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Array(list) => list.iter().for_each(|item| walk(item, visit)),
        Value::Object(object) => object.values().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

/// A cycle of references, if there is one.
pub fn cycle(references: &BTreeMap<&str, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left: BTreeMap<&str, BTreeSet<String>> = references.clone();
    // Whatever needs nothing more can be made; what can never be made is in a cycle or behind one.
    loop {
        let ready: Vec<&str> =
            left.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
        if ready.is_empty() {
            break;
        }
        for name in ready {
            left.remove(name);
            for needs in left.values_mut() {
                needs.remove(name);
            }
        }
    }
    (!left.is_empty()).then(|| left.keys().map(|name| (*name).to_owned()).collect())
}

fn gather(value: &Value, found: &mut BTreeSet<String>) {
    walk(value, &mut |value| {
        let Some(object) = value.as_object() else { return };
        for (name, argument) in object {
            match name.as_str() {
                "Ref" | "DependsOn" => found.extend(texts(argument).into_iter().map(ToOwned::to_owned)),
                "Fn::GetAtt" => found.extend(texts(argument).first().map(|name| (*name).to_owned())),
                "Fn::Sub" => {
                    for text in texts(argument).into_iter().take(1) {
                        let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
                        found.extend(names.filter_map(|name| name.split('.').next()).map(ToOwned::to_owned));
                    }
                }
                _ => {}
            }
        }
    });
}

fn plain(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => json!(value),
        Yaml::Number(number) => serde_json::to_value(number).unwrap_or_default(),
        Yaml::String(text) => json!(text),
        Yaml::Sequence(list) => list.iter().map(plain).collect(),
        Yaml::Mapping(mapping) => {
            Value::Object(mapping.iter().map(|(key, value)| (key_text(key), plain(value))).collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let argument = plain(&tagged.value);
            let argument = match (tag, &argument) {
                ("GetAtt", Value::String(text)) => text.splitn(2, '.').map(|part| json!(part)).collect(),
                _ => argument,
            };
            let name = if matches!(tag, "Ref" | "Condition") { tag.to_owned() } else { format!("Fn::{tag}") };
            Value::Object(Map::from_iter([(name, argument)]))
        }
    }
}

fn key_text(key: &Yaml) -> String {
    match key {
        Yaml::String(text) => text.clone(),
        other => plain(other).to_string(),
    }
}
