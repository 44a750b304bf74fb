"""The words that people have for the structures of the priors' table, in some languages and abbreviations."""

# Name in the table, without its side: what else it is called, blanks and accents left out, in the singular.
SYNONYMS = {
    "liver": "liver leber foie higado fegato hepar liv",
    "spleen": "spleen milz rate bazo milza lien spl splen",
    "kidney": "kidney kid niere rein rinon rene ren kidn",
    "gallbladder": "gallbladder gallblase gallenblase vesiculebiliaire vesiculabiliar cistifellea gb gbladder gall",
    "stomach": "stomach magen estomac estomago stomaco gaster stom",
    "pancreas": "pancreas pankreas bauchspeicheldruse panc",
    "adrenal_gland": "adrenalgland adrenal suprarenal suprarenalgland nebenniere glandesurrenale surrenale",
    "lung": "lung lunge poumon pulmon polmone pulmo",
    "esophagus": "esophagus oesophagus speiserohre oesophage esofago eso",
    "trachea": "trachea luftrohre trachee traquea windpipe",
    "thyroid_gland": "thyroidgland thyroid schilddruse thyroide tiroides tiroide",
    "small_bowel": "smallbowel smallintestine dunndarm intestingrele intestinodelgado intestinotenue",
    "duodenum": "duodenum zwolffingerdarm duodeno duod",
    "colon": "colon kolon largebowel largeintestine dickdarm groscolon",
    "urinary_bladder": "urinarybladder bladder blase harnblase vessie vejiga vescica",
    "prostate": "prostate prostata prostategland",
    "heart": "heart herz coeur corazon cuore cor",
    "aorta": "aorta aorte abdominalaorta arota",
    "inferior_vena_cava": "inferiorvenacava ivc venacavainferior postcava vci untereholvene venacavainf",
    "superior_vena_cava": "superiorvenacava svc venacavasuperior vcs oberehohlvene",
    "portal_vein_and_splenic_vein": "portalveinandsplenicvein portalandsplenicvein portalvein pvsv pfortader",
    "brain": "brain gehirn hirn cerveau cerebro cervello",
    "skull": "skull schadel cranium crane craneo cranio",
    "sternum": "sternum brustbein breastbone",
    "sacrum": "sacrum kreuzbein",
    "vertebrae": "vertebrae vertebra spine wirbelsaule spinalcolumn vertebralcolumn colonnevertebrale wirbel",
    "rib": "rib rippe cote costilla costola",
    "hip": "hip hipbone huftbein huftknochen hueftbein os_coxae",
    "femur": "femur oberschenkelknochen thighbone",
    "humerus": "humerus oberarmknochen",
    "scapula": "scapula shoulderblade schulterblatt omoplate",
    "clavicula": "clavicula clavicle collarbone schlusselbein clavicule",
    "spinal_cord": "spinalcord ruckenmark myelon moelleepiniere",
    "iliac_artery": "iliacartery iliacarterie beckenarterie",
    "iliac_vena": "iliacvena iliacvein beckenvene",
    "autochthon": "autochthon autochthonousmuscle erectorspinae backmuscle",
    "iliopsoas": "iliopsoas psoas psoasmuscle",
    "costal_cartilages": "costalcartilage rippenknorpel",
    "pulmonary_artery": "pulmonaryartery pulmonalarterie",
    "pulmonary_vein": "pulmonaryvein pulmonalvene",
}
# What a network of few targets learns where the maps hold many structures.
ORGANS = frozenset(
    (
        *("liver", "spleen", "kidney", "gallbladder", "stomach", "pancreas", "adrenal_gland", "lung", "esophagus"),
        *("trachea", "thyroid_gland", "small_bowel", "duodenum", "colon", "urinary_bladder", "prostate", "heart"),
        *("aorta", "inferior_vena_cava"),
    )
)
# Words that are short for a structure only behind the letter of a side, as in `LK` and `RAG`.
BEHIND_A_SIDE = {"k": "kidney", "ag": "adrenal_gland", "kd": "kidney", "adr": "adrenal_gland"}
LESIONS = ("tumor", "tumour", "tumeur", "lesion", "laesion", "cyst", "zyste", "mass", "cancer", "metastasis", "stone")
