"""The frequent faults of a text as keys of the catalogues, so that staff read them in their own language."""

import re

# The whole message of procedures' checks, or its end after "field: "; the group is what the sentence names.
_KNOWN: tuple[tuple[str, str], ...] = (
    ("not_yaml", r"not YAML: .*"),
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
    ("changes_order", r"(?:.*: )?Value error, `changes` stand in the order of their days, each day once"),
    ("one_unit", r"(?:.*: )?Value error, a period has one of `days`, `months` and `years`"),
    ("missing", r"(.+): Field required"),
    ("unknown_key", r"(.+): Extra inputs are not permitted"),
    ("not_text", r"(.+): Input should be a valid string"),
    ("not_number", r"(.+): Input should be a valid integer.*"),
    ("not_date", r"(.+): (?:Input should be a valid date|Datetimes provided to dates).*"),
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
            return key, found[1] if pattern.groups else ""
    return "other", message
