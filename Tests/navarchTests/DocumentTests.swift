// SPDX-License-Identifier: MIT

import NavarchTestSupport
import NavarchWire
import Testing
import Yams

@testable import navarch

struct DocumentTests {
    @Test
    func jsonKeepsOrderDigitsAndText() throws {
        let text = #"{"z":1.50,"a":[true,false,null,-0,1e3],"t":"é\"\\\n\u001b","o":{},"l":[]}"#
        #expect(try JSONParser.parse(text).compact == text)
        #expect(
            try JSONParser.parse(" { \"a\" : [ 1 , { \"b\" : \"\\u00e9\\ud83d\\ude00\\ud800\" } ] } ").compact
                == "{\"a\":[1,{\"b\":\"é😀\u{FFFD}\"}]}")
        #expect(
            try JSONParser.parse(#"{"a":[1,{"b":[]}],"c":{}}"#).pretty()
                == "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}")
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "tru", "01x", "\"", "\"\\x\"", "\"\\u12\"", "1 2", "\"\u{1}\"",
        "-", "+1",
        "nan", "{\"a\":1,}", String(repeating: "[", count: 1_000),
    ])
    func whatIsNoJSONIsRefused(_ text: String) {
        #expect(throws: JSONParser.SyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test
    func randomBytesNeverCrashTheParser() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array(#"{}[]",:\u0e1-+. tfn"# + "é")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? " "
                })
            if let value = try? JSONParser.parse(text) {  // most of these are no JSON: only what parses is looked at
                #expect((try? JSONParser.parse(value.compact)) == value)  // nil fails the expectation
            }
        }
    }

    @Test
    func yamlSaysTheSameAndQuotesWhatItWouldMistake() throws {
        let json =
            ##"{"text":"plain","number":"79","yes":"true","none":"","null":"null","time":"2026-01-01T00:00:00Z","lines":"a\nb\n","n":3,"f":1.5,"b":true,"x":null,"list":[{"a":1}],"empty":[],"map":{},"colon":"a: b","hash":"#a"}"##
        let value = try JSONParser.parse(json)
        let yaml = try value.yaml()
        let node = try #require(try Yams.compose(yaml: yaml))
        #expect(JSONValue(node) == value, "\(yaml)")
        #expect(yaml.contains("text: plain\n"))
        #expect(yaml.contains("number: '79'\n"))
    }

    @Test
    func diagnosticsOfAnyShapeBecomeTables() {
        let lines = DiagnosticText.lines(
            #"{"test":"disk","passed":true,"checks":[{"name":"free","value":12.5,"unit":"GiB","ok":true},{"name":"write","value":300,"limit":50,"ok":false}]}"#
        )
        #expect(
            lines == [
                "test:          disk", "passed:        yes", "", "NAME   VALUE  UNIT  OK   LIMIT",
                "free   12.5   GiB   yes  -", "write  300    -     no   50",
            ])
        #expect(DiagnosticText.lines("no json\u{1B}") == ["no json "])
        #expect(
            DiagnosticText.lines(#"{"disk":{"free":1},"memory":{"free":2,"x":[1,2]}}"#) == [
                "NAME    FREE  X", "disk    1     -", "memory  2     1, 2",
            ])
        #expect(
            DiagnosticText.lines(#"{"measured":{"a":1,"b":{"c":2}}}"#) == [
                "measured:", "  a:             1", "  NAME  C", "  b     2",
            ])
        #expect(DiagnosticText.lines("[1,2]") == ["Result:        1, 2"])
    }

    @Test
    func anEmptyListIsThereInJSON() throws {
        let empty = try Printer.json(Navarch_V1_ListNodesResponse(), always: "nodes")
        #expect(empty.compact == #"{"nodes":[]}"#)
    }
}

extension JSONValue {
    /// Reads back what was written as YAML.
    fileprivate init?(_ node: Node) {
        switch node {
        case .scalar(let scalar):
            switch Resolver.default.resolveTag(of: node) {
            case .null: self = .null
            case .bool: self = .bool(scalar.string == "true")
            case .int, .float: self = .number(scalar.string)
            default: self = .string(scalar.string)
            }
        case .sequence(let items): self = .array(items.compactMap { JSONValue($0) })
        case .mapping(let pairs):
            self = .object(
                pairs.compactMap { key, value in
                    JSONValue(value).map { Member(name: key.scalar?.string ?? "", value: $0) }
                })
        case .alias: return nil
        }
    }
}
