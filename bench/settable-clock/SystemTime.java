package org.apache.kafka.common.utils;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Stands before the broker's own class of this name: its wall clock is ahead of the machine's by as
 * many milliseconds as the file offset-ms beside this class says, looked at every 20 ms. What Kafka
 * measures without a wall clock is untouched.
 */
class SystemTime implements Time {
    private static final SystemTime SYSTEM_TIME = new SystemTime();
    private volatile long offsetMs = 0;

    public static SystemTime getSystemTime() {
        return SYSTEM_TIME;
    }

    private SystemTime() {
        Thread reader = new Thread(this::readOn, "settable-clock");
        reader.setDaemon(true);
        reader.start();
    }

    private void readOn() {
        try {
            Path here = Path.of(SystemTime.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            for (;;) {
                Path file = here.resolve("offset-ms");
                if (Files.exists(file)) offsetMs = Long.parseLong(Files.readString(file).trim());
                Thread.sleep(20);
            }
        } catch (Exception broken) {
            broken.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    @Override
    public long milliseconds() {
        return System.currentTimeMillis() + offsetMs;
    }

    @Override
    public long nanoseconds() {
        return System.nanoTime();
    }

    @Override
    public void sleep(long ms) {
        Utils.sleep(ms);
    }
}
