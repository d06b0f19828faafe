"""The frequent faults of a text as keys of the catalogues, so that staff read them in their own language."""

import re

# The whole message of procedures' checks, or its end after "field: "; the group is what the sentence names.
_KNOWN: tuple[tuple[str, str], ...] = (
    ("no_names", r"expected names with values .*"),
    ("not_utf8", r"the text is not written in UTF-8"),
    ("no_file", r"the file cannot be read: .*"),
    ("no_anchor", r"not YAML: found undefined alias"),
    ("no_tag", r"not YAML: could not determine a constructor for the tag .*"),
    ("no_character", r"not YAML: (?:found character that cannot start any token|control characters .*)"),
    ("not_yaml", r"not YAML: .*"),
    ("whole", r"Input should be a valid dictionary or instance of OverlayModel"),
    ("no_value", r"(.*) cannot be read: .*"),
    ("too_deep", r"values stand more than .*"),
    ("too_many", r"more than \d+ values"),
    ("in_itself", r"the alias (.+) stands inside itself"),
    ("not_word", r"(?:a key is a single word|(?:.*\.)?(.+)\.\[key\]: .*)"),
    ("twice", r"the key (.+) stands here twice"),
    ("true_false", r"YAML reads this key as true or false; rename it"),
    ("no_rule", r"no rule has the id (.+)"),
    ("no_rule", r"(?:.* names )?(\S+?),? (?:which )?is no rule"),
    ("no_desk", r"no such department or desk: (.+)"),
    ("no_department", r"no such department: (.+)"),
    ("no_event", r"no such event: (.+)"),
    ("no_fact", r"no such fact: (.+)"),
    ("no_setting", r"no such setting: (.+)"),
    ("no_applicant", r"no such applicant: (.+)"),
    ("no_start", r"(.+) is no date that this rule can count from"),
    ("no_choice", r"(.+ has no choice .+)"),
    ("no_fee", r"(.+): this municipality has set no fee"),
    ("no_deadline", r"(.+): this municipality has set no deadline"),
    ("other_town", r"this is (.+)"),
    ("needs_why", r"(?:.*: )?Value error, a disabled rule needs `why`"),
    ("hours_order", r"(?:.*: )?Value error, opening comes before closing"),
    ("year_end", r"(?:.*: )?Value error, `year_end` begins in December and ends in January"),
    ("changes_order", r"(?:.*: )?Value error, `changes` stand in the order of their days, each day once"),
    ("one_unit", r"(?:.*: )?Value error, a period has one of `days`, `months` and `years`"),
    ("missing", r"(.+): Field required"),
    ("unknown_key", r"(.+): Extra inputs are not permitted"),
    ("not_number", r"(.+): Input should be a valid integer.*"),
    ("not_date", r"(.+): (?:Input should be a valid date|Datetimes provided to dates).*"),
    ("too_big", r"(.+): Input should be less than or equal to .*"),
    ("too_long", r"(.+): List should have at most .*"),
    ("not_time", r"(.+hours\.\d): (?:String should match|Input should be a valid string).*"),
    ("not_text", r"(.+): Input should be a valid string"),
    ("not_shape", r"(.+): String should match pattern .*"),
    ("too_small", r"(.+): Input should be greater than or equal to .*"),
    ("not_yes_no", r"(.+): Input should be a valid boolean.*"),
    ("not_list", r"(.+): Input should be a valid list"),
    ("not_mapping", r"(.+): Input should be a valid dictionary.*"),
    ("one_of", r"(.+): Input should be .*"),
    ("one_of", r"(.+): Input tag .*"),
    ("empty", r"(.+): String should have at least 1 character"),
)
_PATTERNS = [(key, re.compile(pattern)) for key, pattern in _KNOWN]
KEYS = frozenset(key for key, _ in _KNOWN)


def worded(message: str) -> tuple[str, str]:
    """(key, what it names) of rules.fault.<key>; ("other", the message itself) for what is seldom."""
    for key, pattern in _PATTERNS:
        found = pattern.fullmatch(message)
        if found:
            return key, (found[1] or "") if pattern.groups else ""
    return "other", message
