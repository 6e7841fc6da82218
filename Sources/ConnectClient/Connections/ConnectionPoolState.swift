// SPDX-License-Identifier: MIT

import NIOCore

/// The connections to one endpoint and the calls that wait for one. Pure: says what to do, does nothing itself.
///
/// A connection is here from the moment it is ready until it is retired (its server says goodbye, or its answer was not
/// read to the end) or closed. One with room left is *free*; the one used last is taken first, so that surplus ones grow
/// idle and can be closed.
struct ConnectionPoolState<Handle: Sendable, Waiter: Sendable>: Sendable {
    private struct Entry: Sendable {
        let handle: Handle
        var capacity: Int
        var inUse = 0
        var idleSince: NIODeadline
    }

    /// A call that gets a connection, or that must be told that there is none.
    typealias Grant = (waiter: Waiter, handle: Handle)

    private let maxConnections: Int
    /// What the last connection allowed, and before the first what servers of the kind allow.
    private var expectedCapacity: Int
    private var entries: [Int: Entry] = [:]
    private var free: [Int] = []
    private var waiters: [(id: Int, waiter: Waiter)] = []
    private var connecting = 0
    private(set) var isShutDown = false

    /// An empty pool. `expectedCapacity` is how many calls a connection will carry, as far as one can tell before it
    /// says.
    init(maxConnections: Int, expectedCapacity: Int) {
        precondition(maxConnections > 0 && expectedCapacity > 0, "a pool needs room for a connection and a call")
        self.maxConnections = maxConnections
        self.expectedCapacity = expectedCapacity
    }

    /// True when no connection carries a call, waits for one, or is being made.
    var isQuiet: Bool { connecting == 0 && waiters.isEmpty && entries.values.allSatisfy { $0.inUse == 0 } }

    /// Connections that are ready.
    var handles: [Handle] { entries.values.map(\.handle) }

    /// Takes a free connection; nil when there is none, or when others wait already.
    mutating func lease() -> Handle? {
        guard waiters.isEmpty else { return nil }
        return takeFree()
    }

    /// Lets a call wait. Returns how many connections to start.
    mutating func enqueue(_ waiter: Waiter, id: Int) -> Int {
        waiters.append((id, waiter))
        return startConnecting()
    }

    /// A call no longer waits. Returns it unless it was served already. Costs a scan of the waiting calls.
    mutating func abandon(_ id: Int) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).waiter
    }

    /// A connection is ready. Returns the calls that get it, and how many connections to start for those that are left.
    mutating func connected(
        _ id: Int, _ handle: Handle, capacity: Int, at now: NIODeadline
    ) -> (grants: [Grant], connects: Int) {
        connecting -= 1
        guard !isShutDown else { return ([], 0) }
        expectedCapacity = max(1, capacity)
        entries[id] = Entry(handle: handle, capacity: expectedCapacity, idleSince: now)
        free.append(id)
        return (serveWaiters(), startConnecting())
    }

    /// A connection could not be made. Returns the calls that fail with it, and how many connections to start.
    mutating func connectFailed() -> (failed: [Waiter], connects: Int) {
        connecting -= 1
        let isHopeless = entries.isEmpty && connecting == 0
        let count = isHopeless ? waiters.count : min(expectedCapacity, waiters.count)
        let failed = waiters.prefix(count).map(\.waiter)
        waiters.removeFirst(count)
        return (failed, startConnecting())
    }

    /// A call has left its connection, which stays. Returns the calls that get the room.
    mutating func release(_ id: Int, at now: NIODeadline) -> [Grant] {
        guard var entry = entries[id] else { return [] }
        precondition(entry.inUse > 0, "connection \(id) was released more often than leased")
        let wasFull = entry.inUse >= entry.capacity
        entry.inUse -= 1
        entry.idleSince = now
        entries[id] = entry
        if wasFull && entry.inUse < entry.capacity { free.append(id) }
        return serveWaiters()
    }

    /// The server changed how many calls a connection may carry. Returns the calls that get the room.
    mutating func setCapacity(_ capacity: Int, of id: Int) -> [Grant] {
        guard var entry = entries[id] else { return [] }
        entry.capacity = max(1, capacity)
        expectedCapacity = entry.capacity
        entries[id] = entry
        free.removeAll { $0 == id }
        if entry.inUse < entry.capacity { free.append(id) }
        return serveWaiters()
    }

    /// A connection takes no more calls; those on it may end. Returns how many connections to start for those that wait.
    mutating func retire(_ id: Int) -> Int {
        guard entries.removeValue(forKey: id) != nil else { return 0 }
        free.removeAll { $0 == id }
        return startConnecting()
    }

    /// Removes connections that nobody has used since `limit`. Returns them, to be closed.
    mutating func removeIdle(since limit: NIODeadline) -> [Handle] {
        let idle = entries.filter { $0.value.inUse == 0 && $0.value.idleSince <= limit }
        for id in idle.keys { entries[id] = nil }
        free.removeAll { idle[$0] != nil }
        return idle.values.map(\.handle)
    }

    /// Ends the pool. Returns the calls that wait and the connections to close.
    mutating func shutDown() -> (waiters: [Waiter], handles: [Handle]) {
        isShutDown = true
        defer {
            waiters = []
            entries = [:]
            free = []
        }
        return (waiters.map(\.waiter), handles)
    }

    private mutating func takeFree() -> Handle? {
        guard let id = free.last, var entry = entries[id] else { return nil }
        entry.inUse += 1
        entries[id] = entry
        if entry.inUse >= entry.capacity { free.removeLast() }
        return entry.handle
    }

    private mutating func serveWaiters() -> [Grant] {
        var grants: [Grant] = []
        while grants.count < waiters.count, let handle = takeFree() {
            grants.append((waiters[grants.count].waiter, handle))
        }
        waiters.removeFirst(grants.count)
        return grants
    }

    private mutating func startConnecting() -> Int {
        guard !isShutDown else { return 0 }
        var count = 0
        while connecting * expectedCapacity < waiters.count, entries.count + connecting < maxConnections {
            connecting += 1
            count += 1
        }
        return count
    }
}
