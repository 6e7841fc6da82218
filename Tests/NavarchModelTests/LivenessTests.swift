// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchTestSupport
import Testing

@Test func theFleetsHeartbeatRateStaysWithinTheLimit() {  // C21
    let pacing = HeartbeatPacing(base: .seconds(30), maxPerSecond: 100)
    #expect(pacing.interval(nodes: 0) == .seconds(30))
    #expect(pacing.interval(nodes: 3_000) == .seconds(30))
    #expect(pacing.interval(nodes: 6_000) == .seconds(60))
    #expect(pacing.interval(nodes: -1) == .seconds(30))
}

@Test(arguments: 0..<100) func jitterStaysWithinATenth(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let wait = HeartbeatPacing.jittered(.seconds(30), unit: Double.random(in: 0..<1, using: &random))
    #expect(wait >= .seconds(27) && wait < .seconds(33), "seed \(seed)")
}

@Test func aTimingThatTakesHealthyAgentsForSilentIsRefused() throws {  // C19
    _ = try LivenessTiming(interval: .seconds(30), timeout: .seconds(85))
    #expect(throws: LivenessTiming.Violation.self) { try LivenessTiming(interval: .seconds(30), timeout: .seconds(84)) }
    #expect(throws: LivenessTiming.Violation.self) { try LivenessTiming(interval: .zero, timeout: .seconds(84)) }
}

@Test func manyNodesOfAZoneSilentTogetherAreANetwork() {  // C20
    func silent(_ zone: String, _ count: Int) -> [LivenessVerdict.Silent<String>] {
        (0..<count).map { LivenessVerdict.Silent(name: "\(zone)-\($0)", zone: zone) }
    }
    let alone = LivenessVerdict.reasons(for: silent("a", 2), reachableByZone: ["a": 2, "b": 50])
    #expect(alone.map(\.reason) == ["no heartbeat within the timeout"])
    let zone = LivenessVerdict.reasons(for: silent("a", 6) + silent("b", 1), reachableByZone: ["a": 10, "b": 50])
    #expect(zone.map(\.names.count) == [6, 1])
    #expect(zone[0].reason.contains("zone \"a\""))
    let below = LivenessVerdict.reasons(for: silent("a", 5), reachableByZone: ["a": 10, "b": 50])
    #expect(below.map(\.reason) == ["no heartbeat within the timeout"])
    let fleet = LivenessVerdict.reasons(for: silent("a", 6) + silent("b", 30), reachableByZone: ["a": 10, "b": 50])
    #expect(fleet.count == 1 && fleet[0].reason.contains("most of the fleet"))
}

@Test func waitsGrowToALimitAndStartAgain() {
    var backoff = Backoff(first: .seconds(1), limit: .seconds(8))
    #expect(
        (0..<5).map { _ in backoff.next(unit: 1) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8)])
    for _ in 0..<100 { #expect(backoff.next(unit: 0.999) < .seconds(8)) }
    backoff.reset()
    #expect(backoff.next(unit: 0.5) == .milliseconds(500))
}
