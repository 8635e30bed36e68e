"""The functions of this repository under the emulator, with moto for AWS."""
