//! Names of months in the languages that servers speak.

/// The months of a language from January on, with a space between; `|` parts forms that do not begin alike. A listing may
/// cut a name short.
pub(super) type Names = &'static str;

/// English comes first: it wins over what only looks like it.
pub(super) const LANGUAGES: [Names; 43] = [
    "january february march april may june \
     july august september october november december",
    // German, with the form of Austria.
    "januar|jänner februar|feber märz|mrz|maerz april mai juni \
     juli august september oktober november dezember",
    // French.
    "janvier février|fevrier mars|mrs avril mai juin \
     juillet août|aout septembre octobre novembre décembre|decembre",
    // Spanish.
    "enero febrero|fbro marzo|mzo abril mayo junio \
     julio agosto|agto septiembre|setiembre|sbre octubre|obre noviembre|nbre diciembre|dbre",
    // Portuguese.
    "janeiro fevereiro março|marco abril maio junho \
     julho agosto setembro outubro novembro dezembro",
    // Italian.
    "gennaio febbraio marzo aprile maggio giugno \
     luglio agosto settembre ottobre novembre dicembre",
    // Dutch.
    "januari februari maart|mrt april mei juni \
     juli augustus september oktober november december",
    // Danish and Norwegian.
    "januar februar marts|mars april maj|mai juni \
     juli august september oktober november december|desember",
    // Swedish.
    "januari februari mars april maj juni \
     juli augusti september oktober november december",
    // Finnish.
    "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu \
     heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    // Icelandic.
    "janúar febrúar mars apríl maí júní \
     júlí ágúst september október nóvember desember",
    // Polish.
    "styczeń|stycznia luty|lutego marzec|marca kwiecień|kwietnia maj czerwiec|czerwca \
     lipiec|lipca sierpień|sierpnia wrzesień|września październik listopad grudzień|grudnia",
    // Czech.
    "leden|ledna únor březen|března duben|dubna květen|května červen|června|čen \
     červenec|července|čec srpen|srpna září říjen|října listopad prosinec|prosince",
    // Slovak.
    "január február marec|marca apríl máj jún \
     júl august september október november december",
    // Slovenian.
    "januar februar marec april maj junij \
     julij avgust september oktober november december",
    // Croatian.
    "siječanj|siječnja veljača ožujak|ožujka travanj|travnja svibanj|svibnja lipanj|lipnja \
     srpanj|srpnja kolovoz rujan|rujna listopad studeni prosinac|prosinca",
    // Serbian in Latin letters.
    "januar februar mart april maj jun \
     jul avgust septembar oktobar novembar decembar",
    // Serbian and Macedonian in Cyrillic letters.
    "јануар фебруар март април мај јун \
     јул август септембар октобар новембар децембар",
    // Hungarian.
    "január február március április május június \
     július augusztus szeptember október november december",
    // Romanian.
    "ianuarie februarie martie aprilie mai iunie \
     iulie august septembrie octombrie noiembrie|noi decembrie",
    // Bulgarian.
    "януари|яну февруари март април май юни \
     юли август септември октомври ноември декември",
    // Russian.
    "январь|января февраль|февраля март апрель|апреля май|мая июнь|июня \
     июль|июля август сентябрь|сентября октябрь|октября ноябрь|ноября декабрь|декабря",
    // Ukrainian.
    "січень|січня лютий|лютого березень|березня квітень|квітня травень|травня червень|червня \
     липень|липня серпень|серпня вересень|вересня жовтень|жовтня листопад грудень|грудня",
    // Greek.
    "ιανουάριος|ιανουαρίου φεβρουάριος|φεβρουαρίου μάρτιος|μαρτίου απρίλιος|απριλίου μάιος|μαΐου|μάϊος|μαι ιούνιος|ιουνίου \
     ιούλιος|ιουλίου αύγουστος|αυγούστου σεπτέμβριος|σεπτεμβρίου οκτώβριος|οκτωβρίου νοέμβριος|νοεμβρίου δεκέμβριος|δεκεμβρίου",
    // Turkish.
    "ocak şubat mart nisan mayıs haziran \
     temmuz ağustos eylül ekim kasım aralık",
    // Lithuanian.
    "sausis|sausio vasaris|vasario kovas|kovo balandis|balandžio gegužė|gegužės birželis|birželio \
     liepa|liepos rugpjūtis|rugpjūčio|rgp rugsėjis|rugsėjo|rgs spalis|spalio lapkritis|lapkričio gruodis|gruodžio",
    // Latvian.
    "janvāris februāris marts aprīlis maijs jūnijs \
     jūlijs augusts septembris oktobris novembris decembris",
    // Estonian.
    "jaanuar veebruar märts aprill mai juuni \
     juuli august september oktoober november detsember",
    // Catalan.
    "gener febrer març abril maig juny \
     juliol agost setembre octubre novembre desembre",
    // Galician.
    "xaneiro febreiro marzo abril maio xuño \
     xullo agosto setembro outubro novembro decembro",
    // Basque.
    "urtarrila otsaila martxoa apirila maiatza ekaina \
     uztaila abuztua iraila urria azaroa abendua",
    // Albanian.
    "janar shkurt mars prill maj qershor \
     korrik gusht|gsh shtator tetor nëntor|nëndor dhjetor",
    // Welsh.
    "ionawr chwefror mawrth ebrill mai mehefin \
     gorffennaf awst medi hydref tachwedd rhagfyr",
    // Afrikaans.
    "januarie februarie maart april mei junie \
     julie augustus september oktober november desember",
    // Indonesian.
    "januari februari|pebruari|peb maret april mei juni \
     juli agustus september oktober november|nopember|nop desember",
    // Malay.
    "januari februari mac april mei jun \
     julai ogos september oktober november disember",
    // Belarusian.
    "студзень|студзеня люты|лютага сакавік|сакавіка красавік|красавіка май|мая|травень чэрвень|чэрвеня \
     ліпень|ліпеня жнівень|жніўня верасень|верасня кастрычнік|кастрычніка лістапад|лістапада снежань|снежня",
    // Filipino.
    "enero pebrero marso abril mayo hunyo \
     hulyo agosto setyembre oktubre nobyembre disyembre",
    // Chinese, with the numbers as words.
    "一月 二月 三月 四月 五月 六月 \
     七月 八月 九月 十月 十一月 十二月",
    // Thai, whose short names have dots inside.
    "ม.ค|มกราคม ก.พ|กุมภาพันธ์ มี.ค|มีนาคม เม.ย|เมษายน พ.ค|พฤษภาคม มิ.ย|มิถุนายน \
     ก.ค|กรกฎาคม ส.ค|สิงหาคม ก.ย|กันยายน ต.ค|ตุลาคม พ.ย|พฤศจิกายน ธ.ค|ธันวาคม",
    // Hebrew.
    "ינואר פברואר מרץ אפריל מאי יוני \
     יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    // Arabic.
    "يناير فبراير مارس أبريل مايو يونيو \
     يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    // Georgian.
    "იანვარი თებერვალი მარტი აპრილი მაისი ივნისი \
     ივლისი აგვისტო სექტემბერი ოქტომბერი ნოემბერი დეკემბერი",
];
