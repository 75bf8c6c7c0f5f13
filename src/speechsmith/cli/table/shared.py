"""The options that commands of several groups take."""

from speechsmith.cli.options import Kind, Option

COMMON = (
    Option("key", Kind.TEXT, "KEY", "The key of your resource (else SPEECHSMITH_KEY, else `spx config @key`).", "key"),
    Option("region", Kind.TEXT, "REGION", "The region of a service in the cloud.", "region"),
    Option("api version", Kind.TEXT, "VERSION", "The version of the REST API; v3.1 if not given.", "version"),
    Option("api endpoint [url]", Kind.TEXT, "URL", "The whole base address, version included.", "base"),
    Option("output json [file]", Kind.OUTPUT, "FILE", "Write the answer to a file as well.", "out.json"),
    Option("output request [file]", Kind.OUTPUT, "FILE", "Write the request as sent, the key masked.", "request"),
    Option("quiet", Kind.FLAG, "", "Print neither messages nor the answer.", "quiet"),
    Option("verbose", Kind.FLAG, "", "Name every request on standard error.", "verbose"),
)
ONE = (
    Option("output id", Kind.OUTPUT, "FILE", "Write the id; @@FILE keeps it for a later @FILE.", "out.id"),
    Option("output url | output self", Kind.OUTPUT, "FILE", "Write the URL; @@FILE likewise.", "out.url"),
    Option("output add id", Kind.OUTPUT, "FILE", "Append the id as a line.", "out.add.id"),
    Option("output add url", Kind.OUTPUT, "FILE", "Append the URL as a line.", "out.add.url"),
)
MANY = (
    Option("output ids", Kind.OUTPUT, "FILE", "Write all ids, one a line.", "out.ids"),
    Option("output urls", Kind.OUTPUT, "FILE", "Write all URLs, one a line.", "out.urls"),
    Option("output last id", Kind.OUTPUT, "FILE", "Write the id of the last one.", "out.last.id"),
    Option("output last url", Kind.OUTPUT, "FILE", "Write the URL of the last one.", "out.last.url"),
)
PAGE = (
    Option("top", Kind.NUMBER, "N", "Only one page of at most N.", "top"),
    Option("skip", Kind.NUMBER, "N", "Leave out the first N.", "skip"),
    Option("filter", Kind.TEXT, "EXPRESSION", "Only those that match, such as \"status eq 'Failed'\".", "filter"),
)
