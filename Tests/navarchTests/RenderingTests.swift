// SPDX-License-Identifier: MIT

import Foundation
import NavarchWire
import SwiftProtobuf
import Testing

@testable import navarch

struct RenderingTests {
    @Test(arguments: [
        (0, "Never"), (-62_135_596_800, "Never"), (1_000_000, "0s ago"), (999_941, "59s ago"), (999_940, "1m ago"),
        (996_401, "59m ago"), (996_400, "1h ago"), (913_601, "23h ago"), (913_600, "1d ago"), (1_000_090, "0s ago"),
    ])
    func agesAreWordedAsTheOriginalDoes(_ seconds: Int, _ words: String) {
        var moment = Google_Protobuf_Timestamp()
        moment.seconds = Int64(seconds)
        #expect(Age.words(moment, now: Date(timeIntervalSince1970: 1_000_000)) == words)
        #expect(Age.words(nil, now: Date()) == "Never")
    }

    @Test(arguments: [
        ("30s", 30_000), ("500ms", 500), ("1h30m", 5_400_000), ("2d", 172_800_000), ("45", 45_000), ("1.5s", 1_500),
        ("0", 0),
    ])
    func durationsAreReadAsPeopleWriteThem(_ text: String, _ milliseconds: Int64) {
        #expect(DurationArgument(argument: text)?.duration == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "s", "-5s", "1h30", "5 s", "1e9", "x", "1h m", "9999999999999d", "nan", "+1s"])
    func whatIsNoDurationIsRefused(_ text: String) { #expect(DurationArgument(argument: text) == nil) }

    @Test
    func statusWordsAreReadInAnyCaseWithAndWithoutTheirPrefix() {
        for text in ["active", "ACTIVE", "NODE_STATUS_ACTIVE", "node_status_active"] {
            #expect(Words.value(text) == Navarch_V1_NodeStatus.active)
        }
        #expect(Words.value("outcome-unknown") == Navarch_V1_CommandState.outcomeUnknown)
        #expect(Words.value("busy") == Navarch_V1_NodeStatus?.none)
        #expect(Words.value("") == Navarch_V1_NodeStatus?.none)
        #expect(Words.word(Navarch_V1_NodeStatus.UNRECOGNIZED(77)) == "Unknown (77)")
    }

    @Test
    func everyValueOfTheSchemaHasAWordThatReadsBack() {
        func check<Value: WireEnum>(_: Value.Type) {
            for value in Value.allCases { #expect(Words.value(Words.word(value)) == value) }
        }
        check(Navarch_V1_NodeStatus.self)
        check(Navarch_V1_HealthStatus.self)
        check(Navarch_V1_CommandState.self)
        check(Navarch_V1_NodeCommandType.self)
        check(Navarch_V1_InstanceState.self)
    }

    @Test
    func columnsAreAsWideAsTheirWidestCellAndEmptyCellsAreDashes() {
        let table = Table(["A", "LONG TITLE", "C"], [["wide cell", "", "x"], ["b", "c", "last one is not padded"]])
        #expect(
            table.lines() == [
                "A          LONG TITLE  C", "wide cell  -           x", "b          c           last one is not padded",
            ])
    }

    @Test
    func whatMachinesSayCannotSteerATerminal() {
        let hostile = "a\u{1B}[2Jb\nc\u{202E}d\u{9B}e"
        #expect(Table(["T"], [[hostile]]).lines() == ["T", "a [2Jb c d e"])
        #expect(Fields.lines([("Name", hostile)]) == ["Name:          a [2Jb c d e"])
        #expect(Table.printableLines("a\n\tb\u{1B}c") == "a\n\tb c")
    }

    @Test
    func sizesAreInBinaryUnits() {
        #expect(
            [0, 512, 1_024, 85_899_345_920, 1_536].map { Bytes.words($0) } == [
                "", "512 B", "1.0 KiB", "80.0 GiB", "1.5 KiB",
            ])
    }

    @Test
    func leadingOptionsMoveBehindTheCommand() {
        #expect(LeadingOptions.moved(["-s", "a:1", "nodes", "list"]) == ["nodes", "list", "-s", "a:1"])
        #expect(
            LeadingOptions.moved(["--output=json", "--insecure", "get", "n"]) == [
                "get", "n", "--output=json", "--insecure",
            ])
        #expect(LeadingOptions.moved(["-o", "json", "get", "--", "-n"]) == ["get", "-o", "json", "--", "-n"])
        #expect(LeadingOptions.moved(["--version"]) == ["--version"])
        #expect(LeadingOptions.moved(["-s"]) == ["-s"])
        #expect(LeadingOptions.moved([]) == [])
    }
}
