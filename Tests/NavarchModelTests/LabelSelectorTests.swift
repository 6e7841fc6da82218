// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchTestSupport
import Testing

@Test(arguments: [
    ("", []),
    ("a=b", [LabelSelector.Requirement.isIn(key: "a", values: ["b"])]),
    ("a==b", [.isIn(key: "a", values: ["b"])]),
    ("a=", [.isIn(key: "a", values: [""])]),
    (" a != b , c ", [.notIn(key: "a", values: ["b"]), .exists(key: "c")]),
    ("!x", [.absent(key: "x")]),
    (
        "zone in (eu-1, us-2),gpu notin (h100)",
        [.isIn(key: "zone", values: ["eu-1", "us-2"]), .notIn(key: "gpu", values: ["h100"])]
    ),
    ("inside=x", [.isIn(key: "inside", values: ["x"])]),
    ("example.com/role=gpu", [.isIn(key: "example.com/role", values: ["gpu"])]),
])
func aSelectorReadsAsKubernetesReadsIt(text: String, requirements: [LabelSelector.Requirement]) throws {
    #expect(try LabelSelector(text).requirements == requirements)
}

@Test(arguments: ["=b", "a=b,", "a in b", "a in (b", "a in (b,", "a b", "!", "a!b", ",", "a=b;c=d", "a=ü"])
func aMalformedSelectorSaysWhere(_ text: String) {
    let error = #expect(throws: LabelSelector.SyntaxError.self) { try LabelSelector(text) }
    #expect((error?.offset ?? -1) >= 0 && (error?.offset ?? .max) <= text.count)
    #expect(error?.message.isEmpty == false)
}

@Test func requirementsMatchAsTheirWordsSay() throws {
    let labels = ["pool": "a", "gpu": "h100"]
    let matching = [
        "", "pool=a", "pool!=b", "missing!=x", "pool in (a,b)", "gpu notin (a100)", "missing notin (x)", "pool",
        "!missing",
    ]
    let failing = [
        "pool=b", "missing=a", "pool!=a", "pool in (b)", "gpu notin (h100)", "missing", "!pool", "pool=a,gpu=a100",
    ]
    for text in matching { #expect(try LabelSelector(text).matches(labels), "\(text)") }
    for text in failing { #expect(!(try LabelSelector(text).matches(labels)), "\(text)") }
}

@Test(arguments: 0..<300)
func noTextCrashesTheReader(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("ab=!(), innotin\u{0}ü/")
    let text = String(
        (0..<Int.random(in: 0...24, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
    do throws(LabelSelector.SyntaxError) {
        _ = try LabelSelector(text).matches(["a": "b"])
    } catch {
        #expect(error.offset <= text.count, "seed \(seed)")
    }
}

@Test func aFeedCursorReadsWhatItWrites() {
    let cursor = FeedCursor(incarnation: UUID(), position: 42)
    #expect(FeedCursor(cursor.description) == cursor)
    for text in ["", "x", "/", "\(UUID())/-1", "\(UUID())", "\(UUID())/1/2", "nonsense/1"] {
        #expect(FeedCursor(text) == nil, "\(text)")
    }
}

@Test func durationsBecomeMicroseconds() {
    #expect(Duration.milliseconds(1_500).inMicroseconds == 1_500_000)
    #expect(Duration.nanoseconds(-1_999).inMicroseconds == -1)
    let start = Timestamp(microseconds: 10)
    #expect(start + .milliseconds(1) == Timestamp(microseconds: 1_010))
    #expect((start + .seconds(2)) - start == .seconds(2))
}

@Test func commandIDsPrintAsTheDatabaseDoes() throws {
    let id = try #require(CommandID("6F9619FF-8B86-D011-B42D-00CF4FC964FF"))
    #expect(id.description == "6f9619ff-8b86-d011-b42d-00cf4fc964ff")
    #expect(CommandID("nonsense") == nil && CommandID("") == nil)
}
