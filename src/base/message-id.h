/*
 * The MESSAGE_ID of every event a person may have to act on, or that tells the rabbit's story. Once
 * published an id never changes its meaning: the journal catalog and people's filters are keyed by
 * it.
 */
#ifndef NABAZTAGD_BASE_MESSAGE_ID_H
#define NABAZTAGD_BASE_MESSAGE_ID_H

#define MESSAGE_STARTED         "78d82e488111c4b32618d2b6c3b9fa6a"
#define MESSAGE_STOPPED         "d1e41e3105df02ab36c52e22d4117053"
#define MESSAGE_CONFIG_REFUSED  "1a8ca69712c79e5873fcb6e4d46c9691"
#define MESSAGE_CONFIG_RELOADED "8e76f120091a2aa9a38a80932ef39dac"
#define MESSAGE_NOT_CONFIGURED  "3b2301ab34ad7671c4cf67011f142cbf"
#define MESSAGE_ONLINE          "c26b7b2f234ca5bb2adda07575a14e12"
#define MESSAGE_LOST            "e617f3e797e83a40a67581c6aeabf5d8"
#define MESSAGE_LOGIN_REJECTED  "9980ad77b996ef38fe72524409d89781"
#define MESSAGE_LOGIN_FAILED    "273b5b499c11e0c6508d72d1dfd3cf9c"
#define MESSAGE_REPORTED        "dc24d68d1b52edf503d3a98ce1d8701c"
#define MESSAGE_REPORT_FAILED   "6e49d4cdb1075b9c3ddc706715c55931"
#define MESSAGE_REGISTERED      "e681b30cd636088bf41f6f219cfe09b8"
#define MESSAGE_REGISTER_FAILED "3cbda16c4e68c064089c96447190ef2f"
#define MESSAGE_STATE_FAILED    "c9ebcde7432234e809b6de0973f097dc"
#define MESSAGE_COMMAND_DONE    "cc8130834e2a3772762e58c77d78f024"
#define MESSAGE_COMMAND_REFUSED "f07975520e8075640ac96befefa40d14"
#define MESSAGE_BUTTON          "ce9527a720ec6a9c9dc36c3dddd6d87a"
#define MESSAGE_OWNER_GREETED   "0fb70ce38d9e9232015a87ffeff9ef61"
#define MESSAGE_BODY_FAILED     "e58bcf946afeb70a26efa234126f0562"
#define MESSAGE_OUTPUTS_STAY    "f410253e6db34de1bddadc5955556b70"
#define MESSAGE_LINK_STUCK      "d18124af6a7584b24056d4e04403c003"

#endif
