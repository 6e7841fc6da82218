// SPDX-License-Identifier: MIT
import Configuration
import Testing

@Suite struct GoDurationTests {
    @Test(arguments: [
        ("0", Duration.zero), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h30m", .seconds(5400)),
        ("1.5s", .milliseconds(1500)), ("250ms", .milliseconds(250)), ("-2s", .seconds(-2)), ("1us", .microseconds(1)),
        ("7µs", .microseconds(7)), ("3ns", .nanoseconds(3)), ("100h", .seconds(360_000)), (".5s", .milliseconds(500)),
    ])
    func goDurationsAreRead(_ text: String, _ expected: Duration) {
        #expect(GoDuration.parse(text) == expected)
    }

    @Test(arguments: ["", "30", "s", "1x", "1s2", "-", ".s", "1d", "1 s", "1..5s", "999999999999h", "∞s"])
    func anythingElseIsNoDuration(_ text: String) {
        #expect(GoDuration.parse(text) == nil)
    }

    @Test func whatIsWrittenIsReadAgain() {
        let durations: [Duration] = [
            .zero, .seconds(1), .seconds(90), .seconds(5400), .milliseconds(1500), .nanoseconds(1), .seconds(-61),
            .microseconds(1_000_001), .seconds(86_400),
        ]
        for duration in durations { #expect(GoDuration.parse(GoDuration.text(duration)) == duration) }
        #expect(GoDuration.text(.seconds(5401)) == "1h30m1s")
    }
}
