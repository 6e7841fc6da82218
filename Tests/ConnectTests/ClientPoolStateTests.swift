// SPDX-License-Identifier: MIT

import NIOCore
import Testing

@testable import ConnectClient

@Suite struct ClientPoolStateTests {
    private typealias Pool = ConnectionPoolState<String, Int>
    private let now = NIODeadline.uptimeNanoseconds(1)

    @Test func aCallWaitsForTheConnectionThatItCaused() {
        var pool = Pool(maxConnections: 4, expectedCapacity: 1)
        #expect(pool.lease() == nil)
        #expect(pool.enqueue(10, id: 1) == 1)
        let grants = pool.connected(1, "a", capacity: 1, at: now).grants
        #expect(grants.map(\.waiter) == [10])
        #expect(grants.map(\.handle) == ["a"])
        #expect(pool.lease() == nil)
        #expect(pool.release(1, at: now).isEmpty)
        #expect(pool.lease() == "a")
    }

    @Test func theConnectionUsedLastIsTakenFirst() {
        var pool = Pool(maxConnections: 4, expectedCapacity: 1)
        for id in 1...2 { _ = pool.enqueue(id, id: id) }
        _ = pool.connected(1, "a", capacity: 1, at: now)
        _ = pool.connected(2, "b", capacity: 1, at: now)
        _ = pool.release(1, at: now)
        _ = pool.release(2, at: now + .seconds(1))
        #expect(pool.lease() == "b")
        _ = pool.release(2, at: now + .seconds(1))
        #expect(pool.removeIdle(since: now) == ["a"])
        #expect(pool.lease() == "b")
        #expect(pool.removeIdle(since: now + .hours(1)).isEmpty)
    }

    @Test func noMoreConnectionsAreMadeThanAllowed() {
        var pool = Pool(maxConnections: 2, expectedCapacity: 1)
        #expect((1...4).map { pool.enqueue($0, id: $0) } == [1, 1, 0, 0])
        _ = pool.connected(1, "a", capacity: 1, at: now)
        _ = pool.connected(2, "b", capacity: 1, at: now)
        #expect(pool.release(1, at: now).map(\.waiter) == [3])
        #expect(pool.release(2, at: now).map(\.waiter) == [4])
    }

    @Test func oneConnectionServesManyCallsWhereItCan() {
        var pool = Pool(maxConnections: 2, expectedCapacity: 3)
        #expect((1...4).map { pool.enqueue($0, id: $0) } == [1, 0, 0, 1])
        #expect(pool.connected(1, "a", capacity: 3, at: now).grants.map(\.waiter) == [1, 2, 3])
        #expect(pool.setCapacity(4, of: 1).map(\.waiter) == [4])
        #expect(pool.setCapacity(1, of: 1).isEmpty)
        for _ in 0..<3 { #expect(pool.release(1, at: now).isEmpty) }
        #expect(pool.lease() == nil)
        _ = pool.release(1, at: now)
        #expect(pool.lease() == "a")
    }

    @Test func aConnectionThatAllowsLessThanExpectedGetsCompany() {
        var pool = Pool(maxConnections: 5, expectedCapacity: 100)
        #expect((1...5).map { pool.enqueue($0, id: $0) } == [1, 0, 0, 0, 0])
        let outcome = pool.connected(1, "a", capacity: 2, at: now)
        #expect(outcome.grants.map(\.waiter) == [1, 2])
        #expect(outcome.connects == 2)
    }

    @Test func aFailedConnectFailsThoseWhomNothingElseServes() {
        var pool = Pool(maxConnections: 2, expectedCapacity: 1)
        for id in 1...3 { _ = pool.enqueue(id, id: id) }
        let first = pool.connectFailed()
        #expect(first.failed == [1])
        #expect(first.connects == 1)
        #expect(pool.connectFailed().failed == [2])
        #expect(pool.connectFailed().failed == [3])
        #expect(pool.isQuiet)
    }

    @Test func aRetiredConnectionTakesNoMoreCallsAndIsReplacedForThoseWhoWait() {
        var pool = Pool(maxConnections: 1, expectedCapacity: 1)
        _ = pool.enqueue(1, id: 1)
        _ = pool.connected(1, "a", capacity: 1, at: now)
        #expect(pool.enqueue(2, id: 2) == 0)
        #expect(pool.retire(1) == 1)
        #expect(pool.retire(1) == 0)
        #expect(pool.release(1, at: now).isEmpty)
        #expect(pool.connected(2, "b", capacity: 1, at: now).grants.map(\.waiter) == [2])
    }

    @Test func whoNoLongerWaitsIsNotServed() {
        var pool = Pool(maxConnections: 1, expectedCapacity: 1)
        _ = pool.enqueue(1, id: 1)
        _ = pool.enqueue(2, id: 2)
        #expect(pool.abandon(1) == 1)
        #expect(pool.abandon(1) == nil)
        #expect(pool.connected(1, "a", capacity: 1, at: now).grants.map(\.waiter) == [2])
    }

    @Test func aPoolThatIsShutDownConnectsNoMore() {
        var pool = Pool(maxConnections: 2, expectedCapacity: 1)
        _ = pool.enqueue(1, id: 1)
        _ = pool.connected(1, "a", capacity: 1, at: now)
        _ = pool.enqueue(2, id: 2)
        let ended = pool.shutDown()
        #expect(ended.waiters == [2])
        #expect(ended.handles == ["a"])
        #expect(pool.connected(2, "b", capacity: 1, at: now).grants.isEmpty)
        #expect(pool.lease() == nil)
        #expect(pool.enqueue(3, id: 3) == 0)
    }

    /// A thousand steps drawn by chance: no call is served twice, none is lost, and no connection carries too much.
    @Test(arguments: 0..<20)
    func noStepLosesOrDoublesACall(seed: UInt64) {
        var dice = Dice(seed)
        var pool = Pool(maxConnections: 3, expectedCapacity: 2)
        var (waiting, served, ended) = (Set<Int>(), [Int: Int](), Set<Int>())
        var (connecting, nextWaiter, nextConnection) = (0, 0, 0)
        var load: [Int: Int] = [:]
        func grant(_ grants: [Pool.Grant]) {
            for (waiter, handle) in grants {
                #expect(waiting.remove(waiter) != nil, "seed \(seed)")
                served[waiter] = Int(handle)
                load[Int(handle) ?? -1, default: 0] += 1
            }
        }
        for _ in 0..<1000 {
            switch dice.roll(6) {
            case 0, 1:
                nextWaiter += 1
                if let handle = pool.lease() {
                    served[nextWaiter] = Int(handle)
                    load[Int(handle) ?? -1, default: 0] += 1
                } else {
                    waiting.insert(nextWaiter)
                    connecting += pool.enqueue(nextWaiter, id: nextWaiter)
                }
            case 2 where connecting > 0:
                connecting -= 1
                nextConnection += 1
                let (grants, connects) = pool.connected(nextConnection, String(nextConnection), capacity: 2, at: now)
                grant(grants)
                connecting += connects
            case 3 where connecting > 0:
                connecting -= 1
                let (failed, connects) = pool.connectFailed()
                for waiter in failed { #expect(waiting.remove(waiter) != nil, "seed \(seed)") }
                ended.formUnion(failed)
                connecting += connects
            case 4:
                guard let (waiter, connection) = served.min(by: { $0.key < $1.key }) else { continue }
                served[waiter] = nil
                load[connection, default: 0] -= 1
                ended.insert(waiter)
                if dice.roll(4) == 0 {
                    connecting += pool.retire(connection)
                } else {
                    grant(pool.release(connection, at: now))
                }
            default:
                guard let waiter = waiting.min() else { continue }
                waiting.remove(waiter)
                ended.insert(waiter)
                #expect(pool.abandon(waiter) == waiter, "seed \(seed)")
            }
            #expect(load.values.allSatisfy { $0 <= 2 }, "seed \(seed)")
            #expect(waiting.count + served.count + ended.count == nextWaiter, "seed \(seed)")
            #expect(waiting.isEmpty || connecting > 0 || !served.isEmpty, "seed \(seed): calls wait for nothing")
        }
    }
}

/// Numbers that a seed repeats.
private struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func roll(_ sides: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % sides
    }
}
