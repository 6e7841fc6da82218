// SPDX-License-Identifier: MIT
import Connect
import NavarchModel
import NavarchTestSupport
import NavarchWire
import Testing

@testable import NavarchAgent

/// A minute of nothing, on a clock that the test moves: few tries, and back within the longest wait.
@Test func anAgentLivesThroughAMinuteOfNothing() async throws {
    let plane = FakeControlPlane()
    plane.state.withLock { $0.outage = RPCError(.unavailable, "nobody there") }
    let clock = ManualClock()
    let session = try makeSession(plane, RecordingExecutor(), clock: clock, longestBackoff: .seconds(15))
    _ = try await running(session) {
        // Heartbeat, renewal and the look at run deadlines sleep between their turns.
        let second = {
            try await eventually { clock.sleepers >= 3 }
            clock.advance(by: .seconds(1))
        }
        for _ in 0..<60 { try await second() }
        #expect((4...60).contains(plane.state.withLock { $0.attempts }))
        #expect(plane.state.withLock { $0.registrations.isEmpty })
        plane.state.withLock { $0.outage = nil }
        var seconds = 0
        while plane.state.withLock({ $0.registrations.isEmpty }), seconds < 17 {
            try await second()
            seconds += 1
        }
        try await eventually { plane.state.withLock { $0.registrations.count == 1 } }
    }
}

/// A thousand agents that lost their control plane at one moment do not come back at one moment (gap G47).
@Test(arguments: [1, 2, 3] as [UInt64]) func retriesAfterAnOutageAreSpread(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let session = try makeSession(FakeControlPlane(), RecordingExecutor(), longestBackoff: .seconds(15))
    var arrivals = [Int](repeating: 0, count: 16)
    for _ in 0..<1_000 {
        var backoff = session.freshBackoff()
        var time = Duration.zero
        while time < .seconds(60) {
            time += max(.milliseconds(50), backoff.next(unit: Double.random(in: 0..<1, using: &generator)))
        }
        arrivals[Int((time - .seconds(60)).components.seconds)] += 1
    }
    #expect(arrivals.allSatisfy { $0 <= 200 }, "seed \(seed): \(arrivals)")
    #expect(arrivals.filter { $0 > 0 }.count >= 12, "seed \(seed): \(arrivals)")
}
