// SPDX-License-Identifier: MIT
import Locks
import NavarchModel

/// Asks NVIDIA's driver, through NVML.
public final class NVMLProbe: GPUProbe {
    private let library: String
    private let devices: PCIDevices
    /// Nil until the library was loaded and initialised once; a driver that comes up later is found at the next survey.
    private let loaded = Mutex<NVML?>(nil)

    /// A probe that loads `library` when it is first asked.
    /// - Parameter sysfs: where the kernel lists PCI devices.
    public init(library: String = "libnvidia-ml.so.1", sysfs: String = "/sys") {
        self.library = library
        devices = PCIDevices(sysfs: sysfs)
    }

    /// The GPUs that the driver lists. A host with NVIDIA boards on its bus and no working driver has a failure, not zero GPUs (gap G5).
    public func survey() -> GPUSurvey {
        var survey = GPUSurvey()
        do {
            let nvml = try ready()
            let driver = try nvml.text { nvml.driverVersion($0, $1) }
            survey.source = "NVML, driver \(driver)"
            survey.gpus = try list(nvml, driver: driver)
        } catch {
            let boards = devices.nvidiaBoards
            switch error {
            case .notInstalled where boards == 0: survey.source = "no NVIDIA driver, and no NVIDIA GPU on the PCI bus"
            case .notInstalled:
                survey.failure = "\(boards) NVIDIA GPUs on the PCI bus, but the driver's library is not installed"
            case .unusable(let reason): survey.failure = "NVML does not answer: \(reason)"
            }
        }
        return survey
    }

    private func ready() throws(NVMLProblem) -> NVML {
        try loaded.withLock { (loaded) throws(NVMLProblem) in
            if let nvml = loaded { return nvml }
            let nvml = try NVML(library: library)
            let result = nvml.initialize()
            guard result == NVML.Code.success else { throw .unusable(nvml.explain(result)) }
            loaded = nvml
            return nvml
        }
    }

    private func list(_ nvml: NVML, driver: String) throws(NVMLProblem) -> [GPUReading] {
        var count: UInt32 = 0
        let result = nvml.deviceCount(&count)
        guard result == NVML.Code.success else { throw .unusable(nvml.explain(result)) }
        var version: Int32 = 0
        let cuda =
            nvml.cudaDriverVersion(&version) == NVML.Code.success ? "\(version / 1000).\(version % 1000 / 10)" : ""
        return (0..<count).map { read(nvml, index: $0, driver: driver, cuda: cuda) }
    }

    private func read(_ nvml: NVML, index: UInt32, driver: String, cuda: String) -> GPUReading {
        var gpu = GPU()
        gpu.index = Int32(index)
        gpu.driverVersion = driver
        gpu.cudaVersion = cuda
        var reading = GPUReading(gpu: gpu)
        var handle: NVML.Device?
        let result = nvml.deviceHandle(index, &handle)
        guard result == NVML.Code.success, let handle else {
            reading.failure = nvml.explain(result)
            return reading
        }
        describe(&reading, nvml, handle)
        measure(&reading, nvml, handle)
        return reading
    }

    private func describe(_ reading: inout GPUReading, _ nvml: NVML, _ device: NVML.Device) {
        do {
            reading.gpu.uuid = try nvml.text { nvml.uuid(device, $0, $1) }
            reading.gpu.name = try nvml.text { nvml.name(device, $0, $1) }
        } catch {
            if case .unusable(let reason) = error { reading.failure = reason }
        }
        // nvmlPciInfo_t: char busIdLegacy[16], five unsigned int, char busId[32].
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 128, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        guard let base = bytes.baseAddress, nvml.pciInfo(device, base) == NVML.Code.success else { return }
        reading.gpu.pciBusID = PCIAddress.normalized(String(decoding: bytes[36..<68].prefix { $0 != 0 }, as: UTF8.self))
    }

    private func measure(_ reading: inout GPUReading, _ nvml: NVML, _ device: NVML.Device) {
        var memory = [UInt64](repeating: 0, count: 3)  // nvmlMemory_t: total, free, used
        if supported(nvml.memory(device, &memory), "memory", &reading, nvml) {
            reading.gpu.memoryTotal = Int64(clamping: memory[0])
            reading.memoryUsed = Int64(clamping: memory[2])
        }
        var value: UInt32 = 0
        if supported(nvml.temperature(device, 0, &value), "temperature", &reading, nvml) {
            reading.temperature = Int32(clamping: value)
        }
        if supported(nvml.power(device, &value), "power", &reading, nvml) {
            reading.power = Int32(clamping: value / 1000)
        }  // milliwatts
        var rates = [UInt32](repeating: 0, count: 2)  // nvmlUtilization_t: gpu, memory
        if supported(nvml.utilization(device, &rates), "utilization", &reading, nvml) {
            reading.utilization = Double(rates[0])
        }
    }

    /// True when the call gave a value. "Not supported" is none and no failure either.
    private func supported(_ result: NVML.Result, _ what: String, _ reading: inout GPUReading, _ nvml: NVML) -> Bool {
        if result == NVML.Code.success { return true }
        if result != NVML.Code.notSupported && reading.failure == nil {
            reading.failure = "\(what): \(nvml.explain(result))"
        }
        return false
    }
}
